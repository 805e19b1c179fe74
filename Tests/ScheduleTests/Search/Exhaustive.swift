/// All schedules with at most `bound` deviations, one after the other.
///
/// Most faults of concurrent programs need very few preemptions: the search is that of CHESS (M. Musuvathi and S. Qadeer,
/// "Iterative context bounding for systematic testing of multithreaded programs", 2007), with the other deviations counted
/// like preemptions.
final class Exhaustive: NumberedSchedule {
  private struct Decision {
    var option: Int
    let count: Int
    let free: Int
    /// How many of the options may be chosen, as far as the bound allows.
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
    // Else schedules would be left out without a word.
    precondition(
      decision.count == count && decision.free == free,
      "The same decisions led to \(count) options, and to \(decision.count) before: the scenario depends on something else."
    )
    depth += 1
    if decision.option >= free { deviations += 1 }
    return decision.option
  }

  /// Goes on to the next schedule; `false` if there is none.
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
    for decision in path.prefix(depth) { decisions.note(decision.option) }
    return decisions
  }
}
