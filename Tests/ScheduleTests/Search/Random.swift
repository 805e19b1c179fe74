import BarrierModel

/// The decisions of a seed: each execution is disturbed in its own measure, often or seldom, by accidents or not.
final class RandomWalk: NumberedSchedule {
  private var random: SplitMix
  private let oneIn: Int
  private(set) var decisions = Decisions()

  init(seed: UInt64) {
    random = SplitMix(seed: seed)
    oneIn = [2, 4, 8, 24].randomElement(using: &random)!
  }

  func decide(of count: Int, free: Int) -> Int {
    let isDisturbed = count > free && random.isOne(in: oneIn)
    let option = Int.random(in: isDisturbed ? free..<count : 0..<free, using: &random)
    decisions.note(option)
    return option
  }
}

/// Each thread has a priority, at random, and the first in rank goes on; at a few moments, at random, whoever runs becomes
/// the last. (PCT: S. Burckhardt, P. Kothari, M. Musuvathi and S. Nagarakatte, "A randomized scheduler with probabilistic
/// guarantees of finding bugs", 2010. A fault that takes `d` moments in the right order is found with a probability of at
/// least 1 in n · kᵈ⁻¹, with n threads and k steps, whatever the program does.)
final class PriorityWalk: Schedule {
  private var random: SplitMix
  /// By thread. High goes first.
  private var priorities: [Int] = []
  private var changes: Set<Int>
  private var steps = 0
  private var lowest = 0
  private(set) var decisions = Decisions()

  /// `steps` is about how many an execution has.
  init(seed: UInt64, depth: Int, steps: Int) {
    var random = SplitMix(seed: seed)
    changes = Set((1..<max(2, depth)).map { _ in Int.random(in: 0..<max(1, steps), using: &random) })
    self.random = random
  }

  func choose(_ options: [Choice], free: Int) -> Choice {
    steps += 1
    if changes.contains(steps) {
      // An accident, or the running thread becomes the last.
      if options.count > free, case let accident = options.last!, !isThread(accident), random.isOne(in: 2) {
        return take(accident, of: options)
      }
      if case .thread(let number) = options[0] {
        lowest -= 1
        setPriority(lowest, of: number)
      }
    }
    let first = options.max { priority($0) < priority($1) }!
    return take(first, of: options)
  }

  func age(upTo oldest: Int) -> Int {
    let age = random.isOne(in: 8) ? Int.random(in: 0...oldest, using: &random) : 0
    decisions.note(age)
    return age
  }

  func fails() -> Bool {
    let fails = random.isOne(in: 32)
    decisions.note(fails ? 1 : 0)
    return fails
  }

  private func take(_ choice: Choice, of options: [Choice]) -> Choice {
    // As a numbered schedule would count it, so that it can be replayed.
    if options.count > 1 { decisions.note(options.firstIndex(of: choice)!) }
    return choice
  }

  private func isThread(_ choice: Choice) -> Bool {
    if case .thread = choice { true } else { false }
  }

  private func priority(_ choice: Choice) -> Int {
    guard case .thread(let number) = choice else { return .min }
    while priorities.count <= number { priorities.append(Int.random(in: 1...1_000_000, using: &random)) }
    return priorities[number]
  }

  private func setPriority(_ priority: Int, of number: Int) {
    _ = self.priority(.thread(number))
    priorities[number] = priority
  }
}
