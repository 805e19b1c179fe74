/// A random barrier, and threads and tasks with a few random operations each. A seed decides everything.
package struct Plan: Sendable {
  package enum Operation: Sendable {
    /// Always with a timeout, so that the call ends whatever the other callers do.
    case wait(Limit)
    case abort
    case reset
    case readProperties
    /// Cancels the task with this number, modulo the number of tasks.
    case cancel(Int)
  }

  package enum Limit: Sendable { case zero, short, long }

  package let seed: UInt64
  package let parties: Int
  package let isAdaptive: Bool
  package let hasAction: Bool
  /// The phase whose action fails.
  package let failingPhase: UInt64?
  /// The operations of each task.
  package let tasks: [[Operation]]
  /// The operations of each thread.
  package let threads: [[Operation]]

  package init(seed: UInt64, tasks: ClosedRange<Int>, threads: ClosedRange<Int>) {
    var random = SplitMix(seed: seed)
    self.seed = seed
    parties = .random(in: 1...3, using: &random)
    isAdaptive = random.isOne(in: 2)
    hasAction = random.isOne(in: 2)
    failingPhase = random.isOne(in: 2) ? .random(in: 0...3, using: &random) : nil
    self.tasks = (0..<Int.random(in: tasks, using: &random)).map { _ in Self.operations(&random) }
    self.threads = (0..<Int.random(in: threads, using: &random)).map { _ in Self.operations(&random) }
  }

  private static func operations(_ random: inout SplitMix) -> [Operation] {
    (0..<Int.random(in: 1...4, using: &random)).map { _ in
      switch Int.random(in: 0..<12, using: &random) {
      case 0: .abort
      case 1, 2: .reset
      case 3: .readProperties
      case 4: .cancel(.random(in: 0..<4, using: &random))
      case 5: .wait(.zero)
      case 6: .wait(.short)
      default: .wait(.long)
      }
    }
  }
}
