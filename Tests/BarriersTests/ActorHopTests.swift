import Foundation
import Testing

@testable import Barriers

/// A task that waits on an actor suspends and resumes there: no other executor takes part.
///
/// Each test runs in its own process, because it needs the default pool undisturbed.
struct ActorHopTests {
  private actor WaitingActor {
    let executor = SerialThreadExecutor()

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    func completePhases(_ times: Int, at barrier: AsyncBarrier) async throws {
      for _ in 0..<times { try await barrier.wait() }
    }

    /// Waits at the barrier, after entering the actor before the gate opens.
    func wait(timeout: Duration, at barrier: AsyncBarrier, after gate: Gate) async throws {
      gate.pass()
      try await barrier.wait(timeout: timeout)
    }
  }

  /// rule 19
  @Test(arguments: [1, 2])
  func anActorIsEnteredAtMostOnceAPhase(parties: Int) async {
    await #expect(processExitsWith: .success) { [parties] in
      let actor = WaitingActor()
      let barrier = AsyncBarrier(parties: parties)
      let other =
        parties == 1
        ? nil
        : ThreadParticipant("other", at: barrier.threadBarrier) {
          for phase in 0..<10 as Range<UInt64> {
            // Once the actor's task has arrived and the executor is idle, the task is suspended.
            eventually { barrier.phase == phase && barrier.waitingCount == 1 && actor.executor.isIdle }
            try barrier.threadBarrier.wait()
          }
        }
      let result = await Task { try await actor.completePhases(10, at: barrier) }.result
      #expect((try? result.get()) != nil)
      #expect(actor.executor.count == 1 + (parties - 1) * 10)
      _ = other?.result
    }
  }

  /// rule 19, rule 17: while all threads of the pool are blocked, an actor with its own executor still waits.
  @Test func anActorsWaitNeedsNoThreadOfThePool() async {
    await #expect(processExitsWith: .success) {
      let scenario = TaskParticipant("scenario") {
        let (actor, barrier, start) = (WaitingActor(), AsyncBarrier(parties: 3), Gate())
        let waiting = Task { try await actor.wait(timeout: .milliseconds(20), at: barrier, after: start) }
        eventually { start.arrivals == 1 }
        let pool = BlockedPool()
        start.open()
        let thread = ThreadParticipant("thread", at: barrier.threadBarrier) {
          try barrier.threadBarrier.wait()
        }
        #expect(thread.result.barrierError?.reason == .timedOut)
        pool.release()
        _ = await waiting.result
      }
      _ = await scenario.left()
    }
  }
}
