import Foundation
import Testing

@testable import Barriers

#if os(Linux)
/// The library's timer thread: one for all barriers, and none while no task needs it.
///
/// Each test runs in its own process.
struct TimekeeperThreadTests {
  /// rule 17
  @Test func manyPhasesWithATimeoutUseAtMostOneThread() async {
    await #expect(processExitsWith: .success) {
      #expect(timekeepers() == 0)
      let barrier = AsyncBarrier(parties: 3, timeout: .seconds(3600))
      let tasks = (0..<3).map { _ in
        TaskParticipant("task", at: barrier.threadBarrier) {
          for _ in 0..<500 { try await barrier.wait() }
        }
      }
      for task in tasks { #expect((try? await task.left().get()) != nil) }
      #expect(barrier.phase == 500)
      #expect(timekeepers() <= 1)
    }
  }

  /// rule 17
  @Test func theThreadEndsWhenNoTimerIsPending() async {
    await #expect(processExitsWith: .success) {
      for _ in 0..<20 {
        let barriers = (0..<5).map { _ in AsyncBarrier(parties: 2) }
        let tasks = barriers.map { barrier in
          TaskParticipant("alone", at: barrier.threadBarrier) {
            try await barrier.wait(timeout: .milliseconds(2))
          }
        }
        for task in tasks { #expect(await task.left().barrierError?.reason == .timedOut) }
      }
      eventually { timekeepers() == 0 }
    }
  }

  /// rule 17, rule 22: the timers of a released barrier are no reason to keep the thread.
  @Test func theThreadEndsWhenTheBarriersAreReleased() async {
    await #expect(processExitsWith: .success) {
      for _ in 0..<20 {
        let barrier = AsyncBarrier(parties: 2, timeout: .seconds(3600))
        let pair = (0..<2).map { _ in TaskParticipant("one of the pair") { try await barrier.wait() } }
        for task in pair { #expect((try? await task.left().get()) != nil) }
      }
      eventually { timekeepers() == 0 }
    }
  }

  /// rule 17: a task that never waits, has a timeout of zero or waits practically forever needs no timer.
  @Test func noThreadIsStartedWithoutATimer() async {
    await #expect(processExitsWith: .success) {
      let (single, pair) = (AsyncBarrier(parties: 1, timeout: .seconds(1)), AsyncBarrier(parties: 2))
      let alone = TaskParticipant("alone", at: pair.threadBarrier) {
        for _ in 0..<10 { try await single.wait() }
        _ = try? await pair.wait(timeout: .zero)
        pair.reset()
        try await pair.wait(timeout: .seconds(1 << 40))
      }
      // In this order: once the phase is 1, the call with a zero timeout is over.
      eventually { pair.phase == 1 && pair.waitingCount == 1 }
      _ = ParticipantKind.thread.participant("last", at: pair.threadBarrier).result
      #expect((try? await alone.left().get()) != nil)
      #expect(timekeepers() == 0)
    }
  }

  /// rule 15, rule 17: the timeout of a task frees the waiting threads although no task can run.
  @Test(arguments: [1, 3])
  func theTimeoutOfATaskFreesThreadsWhileThePoolIsBlocked(threads: Int) async {
    await #expect(processExitsWith: .success) { [threads] in
      let scenario = TaskParticipant("scenario") {
        let barrier = ThreadBarrier(parties: threads + 2)
        let timeout = Duration.milliseconds(100)
        let start = ContinuousClock.now
        let timedWaiter = TaskParticipant("timed waiter", at: barrier, on: globalConcurrentExecutor) {
          try await AsyncBarrier(sharing: barrier).wait(timeout: timeout)
        }
        eventually { barrier.waitingCount == 1 || barrier.isBroken }
        let pool = BlockedPool()
        let waiting = (0..<threads).map { _ in ThreadParticipant("thread", at: barrier) { try barrier.wait() }
        }
        for thread in waiting { #expect(thread.result.barrierError?.reason == .timedOut) }
        #expect(ContinuousClock.now - start >= timeout)
        #expect(waiting.allSatisfy { $0.result.barrierError?.isOrigin == false })
        pool.release()
        #expect(timedWaiter.result.barrierError?.isOrigin == true)
      }
      _ = await scenario.left()
    }
  }
}

/// How many timer threads this process has.
private func timekeepers() -> Int {
  let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
  return threads.count { thread in
    (try? String(contentsOfFile: "/proc/self/task/\(thread)/comm", encoding: .utf8)) == "barriers-time\n"
  }
}
#endif
