import CFaults
import Foundation
import Testing

@testable import Barriers

/// A forked child has one thread and a copy of the memory. Barriers that it creates work in full.
///
/// Not under a sanitizer: ThreadSanitizer does not let such a child start threads.
@Suite(.enabled(if: faults_work(), "A forked child cannot start threads here."))
struct ForkTests {
  /// Forks while a task waits with a timeout, so while the timekeeper's thread runs, and checks `body` in the
  /// child.
  private static func expectInChild(_ body: @convention(c) () -> Bool) {
    let barrier = ThreadBarrier(parties: 2)
    let waiting = TaskParticipant("in the parent", at: barrier) {
      try await AsyncBarrier(sharing: barrier).wait(timeout: .seconds(3600))
    }
    waiting.waitUntilAsleep()
    #expect(cbarriersThreadIsKnown())
    #expect(holds_in_child(body), "holds in the child")
    barrier.abort()
    _ = waiting.result
  }

  /// Lets this thread cache its identifier, which is another one in the child.
  private static func cbarriersThreadIsKnown() -> Bool {
    let barrier = ThreadBarrier(parties: 2)
    return (Outcome { try barrier.wait(timeout: .milliseconds(1)) }).barrierError?.reason == .timedOut
  }

  /// rule 22, rule 2
  @Test func inAChildThreadsAndTasksCompletePhases() async {
    await #expect(processExitsWith: .success) {
      Self.expectInChild {
        let barrier = ThreadBarrier(parties: 2)
        let task = TaskParticipant("task", at: barrier) {
          let barrier = AsyncBarrier(sharing: barrier)
          return [try await barrier.wait(), try await barrier.wait()]
        }
        guard let first = try? barrier.wait(), let second = try? barrier.wait() else { return false }
        let others = (try? task.result.get()) ?? []
        return [first, second].map(\.phase) == [0, 1] && others.map(\.phase) == [0, 1]
      }
    }
  }

  /// rule 22, rule 15
  @Test func inAChildTheTimeoutOfATaskBreaksThePhase() async {
    await #expect(processExitsWith: .success) {
      Self.expectInChild {
        let barrier = ThreadBarrier(parties: 2)
        let task = TaskParticipant("task", at: barrier) {
          try await AsyncBarrier(sharing: barrier).wait(timeout: .milliseconds(20))
        }
        return task.result.barrierError?.reason == .timedOut
      }
    }
  }

  /// rule 22, rule 29: with the name of the child's thread.
  @Test func inAChildAStallIsReported() async {
    await #expect(processExitsWith: .success) {
      Self.expectInChild {
        let barrier = ThreadBarrier(parties: 2)
        let identifiers = SharedLog<[UInt64]>()
        barrier.reportStalls(after: .milliseconds(20)) { [weak barrier] _ in
          if let barrier {
            identifiers.add(barrier.core.locked.withLock { Array($0.threads.identifiers(open: 0)) })
          }
          barrier?.abort()
        }
        let reason = (Outcome { try barrier.wait() }).barrierError?.reason
        return reason == .aborted && identifiers.all == [[UInt64(currentThreadNumber())]]
      }
    }
  }
}
