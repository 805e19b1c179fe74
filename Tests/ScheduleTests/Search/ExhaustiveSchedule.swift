/// All schedules with at most `bound` deviations, one after the other.
///
/// Most bugs of concurrent programs show with very few preemptions. The search is that of CHESS (M. Musuvathi
/// and S. Qadeer, "Iterative context bounding for systematic testing of multithreaded programs", 2007),
/// except that the other deviations count like preemptions.
final class ExhaustiveSchedule: NumberedSchedule {
  private struct Decision {
    var option: Int
    let count: Int
    let free: Int
    /// The number of options within the bound.
    let allowed: Int
  }

  private let bound: Int
  private var path: [Decision] = []
  private var depth = 0
  private var deviations = 0

  init(bound: Int) {
    self.bound = bound
  }

  func decide(of count: Int, free: Int) -> Int {
    if depth == path.count {
      path.append(
        Decision(option: 0, count: count, free: free, allowed: deviations < bound ? count : free))
    }
    let decision = path[depth]
    // Otherwise the search would skip schedules silently.
    precondition(
      decision.count == count && decision.free == free,
      """
      The same decisions led to \(count) options now and to \(decision.count) before: \
      the scenario is not deterministic.
      """)
    depth += 1
    if decision.option >= free { deviations += 1 }
    return decision.option
  }

  /// Moves to the next schedule; `false` if there is none.
  func advance() -> Bool {
    (depth, deviations) = (0, 0)
    while var last = path.popLast() {
      last.option += 1
      if last.option < last.allowed {
        path.append(last)
        return true
      }
    }
    return false
  }

  var decisions: Decisions {
    var decisions = Decisions()
    for decision in path.prefix(depth) { decisions.record(decision.option) }
    return decisions
  }
}
