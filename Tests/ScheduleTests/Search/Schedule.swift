/// What a simulator may do next.
enum Choice: Equatable {
  /// This thread goes on.
  case thread(Int)
  /// This sleeper wakes up for no reason.
  case wakeUp(Int)
  /// The first time limit is over.
  case time
}

/// Decides what happens. The same decisions make the same execution.
///
/// Each decision is between a number of options, of which the first is what would happen if nothing disturbed it: the
/// running thread goes on, a load sees the newest value. The others are *deviations*: to take the processor from a thread
/// that could go on, a spurious wake-up, a time limit that is over, an older value, a weak exchange that fails. To choose
/// who is next where the running thread cannot go on is none.
protocol Schedule: AnyObject {
  /// The first `free` of these are no deviations.
  func choose(_ options: [Choice], free: Int) -> Choice
  /// How much older than the newest value is the one that a load sees.
  func age(upTo oldest: Int) -> Int
  /// Whether a weak exchange fails though it could succeed.
  func fails() -> Bool

  /// The decisions so far that can be made again: `position:option`, for all in which it was not the first.
  var decisions: Decisions { get }
}

/// A list of decisions, as text: "12:1 40:2" says that the decisions 12 and 40 were for the options 1 and 2, and all others
/// for option 0.
struct Decisions: CustomStringConvertible, Equatable {
  private(set) var count = 0
  private(set) var options: [Int: Int] = [:]

  init() {}

  init?(_ text: String) {
    for word in text.split(separator: " ") {
      let numbers = word.split(separator: ":").compactMap { Int($0) }
      guard numbers.count == 2 else { return nil }
      options[numbers[0]] = numbers[1]
    }
  }

  mutating func note(_ option: Int) {
    if option != 0 { options[count] = option }
    count += 1
  }

  var description: String {
    options.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }.joined(separator: " ")
  }
}

/// A schedule that sees each decision as a number among others.
protocol NumberedSchedule: Schedule {
  func decide(of count: Int, free: Int) -> Int
}

extension NumberedSchedule {
  func choose(_ options: [Choice], free: Int) -> Choice {
    options.count == 1 ? options[0] : options[decide(of: options.count, free: free)]
  }

  func age(upTo oldest: Int) -> Int { decide(of: oldest + 1, free: 1) }

  func fails() -> Bool { decide(of: 2, free: 1) == 1 }
}

/// An execution that was seen before.
final class Replay: NumberedSchedule {
  /// Which execution of a search it was, and its decisions: "17/12:1 40:2".
  struct Recording: CustomStringConvertible {
    let execution: Int
    let decisions: Decisions

    init(execution: Int, decisions: Decisions) {
      (self.execution, self.decisions) = (execution, decisions)
    }

    init?(_ text: String) {
      let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 2, let execution = Int(parts[0]), let decisions = Decisions(String(parts[1]))
      else { return nil }
      self.init(execution: execution, decisions: decisions)
    }

    var description: String { "\(execution)/\(decisions)" }
  }

  private let recorded: Decisions
  private(set) var decisions = Decisions()

  init(_ recorded: Decisions) {
    self.recorded = recorded
  }

  func decide(of count: Int, free: Int) -> Int {
    let option = min(recorded.options[decisions.count] ?? 0, count - 1)
    decisions.note(option)
    return option
  }
}
