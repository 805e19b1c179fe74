/// What may happen next in an execution.
enum Transition: Equatable {
  /// This thread runs until its next step.
  case thread(Int)
  /// This sleeping thread wakes up though it was not woken.
  case spuriousWakeup(Int)
  /// The first deadline expires.
  case timeout
}

/// Decides what happens. The same decisions give the same execution.
///
/// Each decision is between several options. The first is the undisturbed one: the running thread continues,
/// a load returns the newest value. The others are *deviations*: to preempt the running thread, a spurious
/// wake-up, a deadline that expires, a stale value, a weak exchange that fails. Where the running thread
/// cannot continue, the choice of the next thread is not a deviation.
protocol Schedule: AnyObject {
  /// The first `free` options are not deviations.
  func choose(_ options: [Transition], free: Int) -> Transition
  /// How many values are newer than the one that a load returns.
  func staleness(upTo limit: Int) -> Int
  /// Whether an operation fails that could succeed: a weak exchange, or starting a thread.
  func injectsFailure() -> Bool

  /// The decisions so far, to be replayed.
  var decisions: Decisions { get }
}

/// A list of decisions. As text, "12:1 40:2" says that decision 12 took option 1 and decision 40 took option
/// 2, and that all others took option 0.
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

  mutating func record(_ option: Int) {
    if option != 0 { options[count] = option }
    count += 1
  }

  var description: String {
    options.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }.joined(separator: " ")
  }
}

/// A schedule that decides by the number of an option alone.
protocol NumberedSchedule: Schedule {
  func decide(of count: Int, free: Int) -> Int
}

extension NumberedSchedule {
  func choose(_ options: [Transition], free: Int) -> Transition {
    options.count == 1 ? options[0] : options[decide(of: options.count, free: free)]
  }

  func staleness(upTo limit: Int) -> Int { decide(of: limit + 1, free: 1) }

  func injectsFailure() -> Bool { decide(of: 2, free: 1) == 1 }
}

/// Replays a recorded execution.
final class Replay: NumberedSchedule {
  /// The number of an execution in its search, and its decisions: "17/12:1 40:2".
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
    decisions.record(option)
    return option
  }
}
