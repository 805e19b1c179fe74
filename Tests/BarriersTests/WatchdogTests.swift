import Foundation
import Testing

@testable import Barriers

/// The tests' own safety net: a run that hangs ends, and says who hangs where.
struct WatchdogTests {
  @Test func aPartyThatNeverLeavesEndsTheProcessAndIsNamed() async {
    let exit = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let barrier = ThreadBarrier(parties: 3, label: "halo")
      let limit = Duration.milliseconds(100)
      let stuck = (0..<2).map { index in
        ThreadParticipant("stuck \(index)", at: barrier, limit: limit) { try barrier.wait() }
      }
      let quick = ThreadParticipant("quick", at: barrier, limit: limit) {}
      _ = (quick.result, stuck.map(\.result))
    }
    let said = String(decoding: exit?.standardErrorContent ?? [], as: UTF8.self)
    #expect(said.contains("stuck: stuck 0"))
    #expect(said.contains("stuck: stuck 1"))
    #expect(said.contains("WatchdogTests.swift"))
    #expect(said.contains("barrier \"halo\", phase 0: 2 of 3 parties have arrived, 1 is missing"))
    #expect(!said.contains("quick"))
  }

  @Test func aPartyThatLeavesInTimeIsLeftAlone() async {
    await #expect(processExitsWith: .success) {
      for _ in 0..<3 {
        _ = ThreadParticipant("quick", limit: .milliseconds(100)) {}.result
        usleep(150_000)  // longer than its limit
      }
    }
  }

  @Test func aFrozenPartyDoesNotMoveBeforeItIsThawed() {
    let barrier = ThreadBarrier(parties: 2)
    let sleeper = ThreadParticipant("sleeper", at: barrier) { try barrier.wait() }
    eventually { barrier.waitingCount == 1 }
    sleeper.freeze()
    barrier.abort()
    for _ in 0..<1_000 { sched_yield() }
    #expect(!sleeper.hasLeft)
    sleeper.thaw()
    #expect(sleeper.result.barrierError?.reason == .aborted)
  }
}
