import BarrierModel

/// A random walk: a seed decides everything, also how often this execution deviates.
final class RandomWalk: NumberedSchedule {
  private var random: SplitMix
  /// Of the decisions that can be a deviation, one in so many is.
  private let deviationInterval: Int
  private(set) var decisions = Decisions()

  init(seed: UInt64) {
    random = SplitMix(seed: seed)
    deviationInterval = [2, 4, 8, 24].randomElement(using: &random)!
  }

  func decide(of count: Int, free: Int) -> Int {
    let deviates = count > free && random.isOne(in: deviationInterval)
    let option = Int.random(in: deviates ? free..<count : 0..<free, using: &random)
    decisions.record(option)
    return option
  }
}

/// Probabilistic concurrency testing: each thread has a random priority, and the highest runs; at a few
/// random steps, the change points, the running thread gets the lowest priority.
///
/// (S. Burckhardt, P. Kothari, M. Musuvathi and S. Nagarakatte, "A randomized scheduler with probabilistic
/// guarantees of finding bugs", 2010. A bug of depth `d`, which needs `d` steps in the right order, is found
/// with a probability of at least 1 in n · kᵈ⁻¹, with n threads and k steps, whatever the program does.)
final class PrioritySchedule: Schedule {
  private var random: SplitMix
  /// By thread. The highest runs first.
  private var priorities: [Int] = []
  private var changePoints: Set<Int>
  private var steps = 0
  private var lowest = 0
  private(set) var decisions = Decisions()

  /// `steps` is about how many an execution has.
  init(seed: UInt64, depth: Int, steps: Int) {
    var random = SplitMix(seed: seed)
    changePoints = Set((1..<max(2, depth)).map { _ in Int.random(in: 0..<max(1, steps), using: &random) })
    self.random = random
  }

  func choose(_ options: [Transition], free: Int) -> Transition {
    steps += 1
    if changePoints.contains(steps) {
      // Either a wake-up or a timeout happens, or the running thread gets the lowest priority.
      if options.count > free, case let event = options.last!, !isThread(event), random.isOne(in: 2) {
        return take(event, of: options)
      }
      if case .thread(let number) = options[0] {
        lowest -= 1
        setPriority(lowest, of: number)
      }
    }
    let first = options.max { priority($0) < priority($1) }!
    return take(first, of: options)
  }

  func staleness(upTo limit: Int) -> Int {
    let staleness = random.isOne(in: 8) ? Int.random(in: 0...limit, using: &random) : 0
    decisions.record(staleness)
    return staleness
  }

  func injectsFailure() -> Bool {
    let fails = random.isOne(in: 32)
    decisions.record(fails ? 1 : 0)
    return fails
  }

  private func take(_ transition: Transition, of options: [Transition]) -> Transition {
    // Recorded as a numbered schedule would count it, so that it can be replayed.
    if options.count > 1 { decisions.record(options.firstIndex(of: transition)!) }
    return transition
  }

  private func isThread(_ transition: Transition) -> Bool {
    if case .thread = transition { true } else { false }
  }

  private func priority(_ transition: Transition) -> Int {
    guard case .thread(let number) = transition else { return .min }
    while priorities.count <= number { priorities.append(Int.random(in: 1...1_000_000, using: &random)) }
    return priorities[number]
  }

  private func setPriority(_ priority: Int, of number: Int) {
    _ = self.priority(.thread(number))
    priorities[number] = priority
  }
}
