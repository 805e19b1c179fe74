import Foundation
import Testing

@testable import Barriers

/// `wait()` starts on the caller's actor and returns to it. The action runs there too if the actor's task
/// is the last arrival.
struct IsolationTests {
  /// Detects two tasks that run on it at once.
  private actor ExclusiveResource {
    private var isBusy = false
    private(set) var overlaps = 0

    /// Uses the resource before and after each wait, and frees it for other tasks while it waits.
    func completePhases(_ phases: Int, at barrier: AsyncBarrier) async throws {
      for phase in 0..<phases {
        use()
        if phase.isMultiple(of: 2) {
          try await barrier.wait()
        } else {
          try await barrier.abortOnError {
            assertIsolated()
            _ = try await barrier.wait(timeout: .seconds(3600))
            assertIsolated()
          }
        }
        use()
      }
    }

    private func use() {
      assertIsolated()
      if isBusy { overlaps += 1 }
      isBusy = true
      for _ in 0..<3 { sched_yield() }
      isBusy = false
    }
  }

  /// rule 19
  @Test func tasksOfOneActorCompletePhasesAndNeverRunOnItTogether() async {
    let resource = ExclusiveResource()
    let barrier = AsyncBarrier(parties: 4) { _ in resource.assertIsolated() }
    let tasks = (0..<4).map { _ in
      TaskParticipant("on the actor", at: barrier.threadBarrier) {
        try await resource.completePhases(30, at: barrier)
      }
    }
    for task in tasks { #expect((try? await task.left().get()) != nil) }
    #expect(await resource.overlaps == 0)
    #expect(barrier.phase == 30)
  }

  /// rule 19
  @Test func theActionRunsOnTheActorOfTheLastArrival() async throws {
    let resource = ExclusiveResource()
    let barrier = AsyncBarrier(parties: 1) { _ in resource.assertIsolated() }
    try await resource.completePhases(10, at: barrier)
    #expect(barrier.phase == 10)
  }

  /// rule 19, rule 17: several tasks share the main thread.
  @Test @MainActor func waitStaysOnTheMainActorWithoutBlockingIt() async {
    let barrier = AsyncBarrier(parties: 4) { _ in MainActor.assertIsolated() }
    let tasks = (0..<4).map { _ in
      TaskParticipant("main", at: barrier.threadBarrier) { try await completePhases(at: barrier) }
    }
    for task in tasks { #expect((try? await task.left().get()) == 10) }
    #expect(barrier.phase == 10)
  }

  @MainActor private func completePhases(at barrier: AsyncBarrier) async throws -> Int {
    for _ in 0..<10 {
      try await barrier.wait()
      MainActor.assertIsolated()
    }
    return 10
  }

  /// rule 19
  @Test @MainActor func waitStaysOnTheMainActorWhenThePhaseBreaks() async {
    let barrier = AsyncBarrier(parties: 2)
    for breakPhase in [{ @Sendable in barrier.abort() }, { @Sendable in barrier.reset() }] {
      let waiting = TaskParticipant("main", at: barrier.threadBarrier) { @MainActor in
        do { try await barrier.wait() } catch { MainActor.assertIsolated() }
      }
      let breaker = TaskParticipant("breaker", at: barrier.threadBarrier) {
        eventually { barrier.waitingCount == 1 }
        breakPhase()
      }
      _ = await (waiting.left(), breaker.left())
      barrier.reset()
    }
  }
}
