import Foundation
import Testing

@testable import Barriers

/// The tests' safety net: a run that hangs exits, and names the parties that hang.
struct WatchdogTests {
  @Test func aPartyThatNeverLeavesEndsTheProcessAndIsReported() async {
    let exit = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let barrier = ThreadBarrier(parties: 3, label: "halo")
      let limit = Duration.milliseconds(100)
      let stuck = (0..<2).map { index in
        ThreadParticipant("stuck \(index)", at: barrier, limit: limit) { try barrier.wait() }
      }
      let quick = ThreadParticipant("quick", at: barrier, limit: limit) {}
      _ = (quick.result, stuck.map(\.result))
    }
    let text = exit.standardErrorText
    #expect(text.contains("stuck: stuck 0"))
    #expect(text.contains("stuck: stuck 1"))
    #expect(text.contains("WatchdogTests.swift"))
    #expect(text.contains("barrier \"halo\", phase 0: 2 of 3 parties have arrived, 1 is missing"))
    #expect(!text.contains("quick"))
  }

  @Test func aPartyThatLeavesInTimeIsNotReported() async {
    await #expect(processExitsWith: .success) {
      for _ in 0..<3 {
        _ = ThreadParticipant("quick", limit: .milliseconds(100)) {}.result
        usleep(150_000)  // longer than its limit
      }
    }
  }

  @Test func aFrozenPartyDoesNotLeaveBeforeItIsThawed() {
    let barrier = ThreadBarrier(parties: 2)
    let waiter = ThreadParticipant("waiter", at: barrier) { try barrier.wait() }
    eventually { barrier.waitingCount == 1 }
    waiter.freeze()
    barrier.abort()
    for _ in 0..<1_000 { sched_yield() }
    #expect(!waiter.hasLeft)
    waiter.thaw()
    #expect(waiter.result.barrierError?.reason == .aborted)
  }
}
