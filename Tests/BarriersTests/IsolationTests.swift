import Foundation
import Testing

@testable import Barriers

/// `wait()` stays on the caller's actor, and comes back to it. The action runs there too, if the actor's task is last.
struct IsolationTests {
  /// What only one at a time may touch.
  private actor Desk {
    private var isBusy = false
    private(set) var overlaps = 0

    /// Works at the desk, leaves it to others while it waits, and works again.
    func work(at barrier: AsyncBarrier, phases: Int) async throws {
      for phase in 0..<phases {
        sit()
        if phase.isMultiple(of: 2) {
          try await barrier.wait()
        } else {
          try await barrier.abortOnError {
            assertIsolated()
            _ = try await barrier.wait(timeout: .seconds(3600))
            assertIsolated()
          }
        }
        sit()
      }
    }

    private func sit() {
      assertIsolated()
      if isBusy { overlaps += 1 }
      isBusy = true
      for _ in 0..<3 { sched_yield() }
      isBusy = false
    }
  }

  /// rule 19
  @Test func manyTasksOfOneActorMeetAndNeverTouchItTogether() async {
    let desk = Desk()
    let barrier = AsyncBarrier(parties: 4) { _ in desk.assertIsolated() }
    let tasks = (0..<4).map { _ in
      TaskParticipant("at the desk", at: barrier.threadBarrier) {
        try await desk.work(at: barrier, phases: 30)
      }
    }
    for task in tasks { #expect((try? await task.left().get()) != nil) }
    #expect(await desk.overlaps == 0)
    #expect(barrier.phase == 30)
  }

  /// rule 19
  @Test func theActionRunsOnTheActorOfTheLast() async throws {
    let desk = Desk()
    let barrier = AsyncBarrier(parties: 1) { _ in desk.assertIsolated() }
    try await desk.work(at: barrier, phases: 10)
    #expect(barrier.phase == 10)
  }

  /// rule 19, rule 17: several tasks of the one main thread.
  @Test @MainActor func theMainActorIsKeptAndNotBlocked() async {
    let barrier = AsyncBarrier(parties: 4) { _ in MainActor.assertIsolated() }
    let tasks = (0..<4).map { _ in
      TaskParticipant("main", at: barrier.threadBarrier) { try await meet(at: barrier) }
    }
    for task in tasks { #expect((try? await task.left().get()) == 10) }
    #expect(barrier.phase == 10)
  }

  @MainActor private func meet(at barrier: AsyncBarrier) async throws -> Int {
    for _ in 0..<10 {
      try await barrier.wait()
      MainActor.assertIsolated()
    }
    return 10
  }

  /// rule 19: nor is it left when the phase breaks.
  @Test @MainActor func theMainActorIsKeptWhenThePhaseBreaks() async {
    let barrier = AsyncBarrier(parties: 2)
    for cause in [{ @Sendable in barrier.abort() }, { @Sendable in barrier.reset() }] {
      let waiting = TaskParticipant("main", at: barrier.threadBarrier) { @MainActor in
        do { try await barrier.wait() } catch { MainActor.assertIsolated() }
      }
      let breaks = TaskParticipant("breaks it", at: barrier.threadBarrier) {
        eventually { barrier.waitingCount == 1 }
        cause()
      }
      _ = await (waiting.left(), breaks.left())
      barrier.reset()
    }
  }
}
