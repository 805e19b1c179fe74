import BarrierModel
import Foundation
import Testing

@testable import Barriers

/// Threads and tasks do things at random, and whatever they see must be something that one thing after the other could
/// have brought about.
///
/// A seed decides what they do, though not when: `BARRIERS_SEED=17 swift test --filter RandomHistoryTests` does the same
/// again and again.
struct RandomHistoryTests {
  private static let seed = ProcessInfo.processInfo.environment["BARRIERS_SEED"].flatMap(UInt64.init)

  /// rule 1, rule 3, rule 4, rule 7, rule 8, rule 9, rule 12, rule 13, rule 14, rule 18, rule 20
  @Test func everyHistoryIsOneThatTheRulesAllow() {
    Pool.with(threads: 2) { pool in
      stress { round in
        let seed = Self.seed ?? UInt64.random(in: 0..<1_000_000)
        let barrier = run(Plan(seed: seed, tasks: 0...3, threads: 0...3), on: pool)
        if let contradiction = barrier.contradiction {
          Issue.record("The rules do not allow this, of BARRIERS_SEED=\(seed):\n\(contradiction)")
        }
      }
    }
  }

  /// Lets the callers do what they have to; returns when all have left.
  private func run(_ plan: Plan, on pool: Pool) -> RecordedBarrier {
    let barrier = RecordedBarrier(plan)
    let start = Gate()
    let tasks = Tasks()
    let taskParties = plan.tasks.enumerated().map { number, deeds in
      TaskParty("task \(number)", on: pool) {
        for deed in deeds {
          if case .wait(let limit) = deed {
            await barrier.wait(asTask: number, timeout: limit.duration)
          } else {
            tasks.make(deed, at: barrier)
          }
        }
      }
    }
    tasks.parties = taskParties
    let threads = plan.threads.enumerated().map { number, deeds in
      Party("thread \(number)") {
        start.pass()
        for deed in deeds { tasks.make(deed, at: barrier) }
      }
    }
    start.open()
    for thread in threads { _ = thread.result }
    for task in taskParties { _ = task.result }
    tasks.parties = []
    return barrier
  }

  /// Those who may be cancelled.
  private final class Tasks: @unchecked Sendable {
    private let lock = NSLock()
    private var all: [TaskParty<Void>] = []  // guarded by `lock`

    var parties: [TaskParty<Void>] {
      get { lock.withLock { all } }
      set { lock.withLock { all = newValue } }
    }

    func make(_ deed: Plan.Deed, at barrier: RecordedBarrier) {
      switch deed {
      case .wait(let limit): barrier.wait(timeout: limit.duration)
      case .abort: barrier.abort()
      case .reset: barrier.reset()
      case .readProperties: barrier.readProperties()
      case .cancel(let number):
        let parties = parties
        if !parties.isEmpty {
          barrier.cancel(parties[number % parties.count], number: number % parties.count)
        }
      }
    }
  }
}

extension Plan.Limit {
  fileprivate var duration: Duration {
    switch self {
    case .zero: .zero
    case .short: .microseconds(50)
    case .long: .milliseconds(2)
    }
  }
}
