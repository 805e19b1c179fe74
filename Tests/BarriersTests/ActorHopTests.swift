import Foundation
import Testing

@testable import Barriers

/// A task that waits on an actor is suspended there, and resumed there: no other executor takes part.
///
/// In processes of their own, for these need the default pool as it is.
struct ActorHopTests {
  private actor Clerk {
    let thread = ThreadOfItsOwn()

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    func meet(_ times: Int, at barrier: AsyncBarrier) async throws {
      for _ in 0..<times { try await barrier.wait() }
    }

    /// Waits at the barrier, having been on the actor since before the gate was opened.
    func wait(timeout: Duration, at barrier: AsyncBarrier, after gate: Gate) async throws {
      gate.pass()
      try await barrier.wait(timeout: timeout)
    }
  }

  /// rule 19
  @Test(arguments: [1, 2])
  func anActorIsEnteredOnceAPhaseAtMost(parties: Int) async {
    await #expect(processExitsWith: .success) { [parties] in
      let clerk = Clerk()
      let barrier = AsyncBarrier(parties: parties)
      let other =
        parties == 1
        ? nil
        : ThreadParticipant("other", at: barrier.threadBarrier) {
          for phase in 0..<10 as Range<UInt64> {
            // When the clerk's task has arrived and its actor has nothing to do, the task is suspended.
            eventually { barrier.phase == phase && barrier.waitingCount == 1 && clerk.thread.isIdle }
            try barrier.threadBarrier.wait()
          }
        }
      let result = await Task { try await clerk.meet(10, at: barrier) }.result
      #expect((try? result.get()) != nil)
      #expect(clerk.thread.count == 1 + (parties - 1) * 10)
      _ = other?.result
    }
  }

  /// rule 19, rule 17: where the threads of the pool are all blocked, an actor with a thread of its own still waits.
  @Test func anActorsWaitNeedsNoThreadOfThePool() async {
    await #expect(processExitsWith: .success) {
      let story = TaskParticipant("story") {
        let (clerk, barrier, start) = (Clerk(), AsyncBarrier(parties: 3), Gate())
        let waiting = Task { try await clerk.wait(timeout: .milliseconds(20), at: barrier, after: start) }
        eventually { start.visitors == 1 }
        let pool = BlockedPool()
        start.open()
        let thread = ThreadParticipant("thread", at: barrier.threadBarrier) {
          try barrier.threadBarrier.wait()
        }
        #expect(thread.result.barrierError?.reason == .timedOut)
        pool.release()
        _ = await waiting.result
      }
      _ = await story.left()
    }
  }
}
