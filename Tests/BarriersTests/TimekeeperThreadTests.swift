import Foundation
import Testing

@testable import Barriers

#if os(Linux)
/// The thread that keeps the time: one for all, and none while nobody needs it. In processes of their own.
struct TimekeeperThreadTests {
  /// rule 17
  @Test func manyPhasesWithATimeoutLeaveNoThreadBehind() async {
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
  @Test func theThreadEndsWhenNothingIsLeftToWaitFor() async {
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

  /// rule 17, rule 22: a barrier that is gone has no deadlines.
  @Test func theThreadEndsWhenTheBarriersAreGone() async {
    await #expect(processExitsWith: .success) {
      for _ in 0..<20 {
        let barrier = AsyncBarrier(parties: 2, timeout: .seconds(3600))
        let pair = (0..<2).map { _ in TaskParticipant("one of the pair") { try await barrier.wait() } }
        for task in pair { #expect((try? await task.left().get()) != nil) }
      }
      eventually { timekeepers() == 0 }
    }
  }

  /// rule 17: who never has to wait, or only tries, or waits for ever, needs none.
  @Test func noThreadIsStartedForThoseWhoDoNotNeedIt() async {
    await #expect(processExitsWith: .success) {
      let (single, pair) = (AsyncBarrier(parties: 1, timeout: .seconds(1)), AsyncBarrier(parties: 2))
      let alone = TaskParticipant("alone", at: pair.threadBarrier) {
        for _ in 0..<10 { try await single.wait() }
        _ = try? await pair.wait(timeout: .zero)
        pair.reset()
        try await pair.wait(timeout: .seconds(1 << 40))
      }
      eventually { pair.phase == 1 && pair.waitingCount == 1 }  // in this order: not while it tries
      _ = Kind.thread.participant("last", at: pair.threadBarrier).result
      #expect((try? await alone.left().get()) != nil)
      #expect(timekeepers() == 0)
    }
  }

  /// rule 15, rule 17: threads wait with a task whose time is over, while no task can run.
  @Test(arguments: [1, 3])
  func whereThePoolIsBlockedAThreadIsFreedOnTime(threads: Int) async {
    await #expect(processExitsWith: .success) { [threads] in
      let story = TaskParticipant("story") {
        let barrier = ThreadBarrier(parties: threads + 2)
        let timeout = Duration.milliseconds(100)
        let start = ContinuousClock.now
        let hasty = TaskParticipant("hasty", at: barrier, on: globalConcurrentExecutor) {
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
        #expect(hasty.result.barrierError?.isOrigin == true)
      }
      _ = await story.left()
    }
  }
}

/// How many threads of this process keep the time.
private func timekeepers() -> Int {
  let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
  return threads.count { thread in
    (try? String(contentsOfFile: "/proc/self/task/\(thread)/comm", encoding: .utf8)) == "barriers-time\n"
  }
}
#endif
