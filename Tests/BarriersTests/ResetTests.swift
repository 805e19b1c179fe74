import Testing

@testable import Barriers

/// `reset()` makes a barrier usable again, and no phase number is used twice.
struct ResetTests {
  /// rule 13
  @Test(arguments: [1, 2, 4])
  func resetMakesABrokenBarrierUsable(count: Int) {
    let barrier = ThreadBarrier(parties: count)
    for phase in 0..<5 as Range<UInt64> {
      barrier.abort(Fault("phase \(phase * 2)"))
      expectBroken(
        barrier, by: Cause(.aborted, by: Fault("phase \(phase * 2)"), phase: phase * 2, arrived: 0))
      barrier.reset()
      // The broken phase used its number; the next phase has the next one.
      expectFresh(barrier, phase: phase * 2 + 1)
    }
  }

  /// rule 13
  @Test(arguments: [WaitStrategy.adaptive, .parking])
  func resetBreaksThePhaseOfTheWaitersAndOpensTheNext(strategy: WaitStrategy) {
    let barrier = ThreadBarrier(parties: 3, label: "halo", strategy: strategy)
    let waiting = (0..<2).map { index in
      ThreadParticipant("waiting \(index)", at: barrier) { try barrier.wait() }
    }
    eventually { barrier.waitingCount == 2 }
    barrier.reset()
    #expect(!barrier.isBroken)
    expectFresh(barrier, phase: 1)
    for party in waiting { expect(party.result, brokenBy: Cause(.reset, arrived: 2), at: barrier) }
    #expect(barrier.phase == 2)
  }

  /// rule 13
  @Test func resetOfAnIdleBarrierDoesNothing() {
    let barrier = ThreadBarrier(parties: 2)
    barrier.reset()
    expectFresh(barrier, phase: 0)
    barrier.reset()
    barrier.reset()
    expectFresh(barrier, phase: 1)
  }

  /// rule 13
  @Test func aSecondResetDoesNothing() {
    let barrier = ThreadBarrier(parties: 2)
    barrier.abort()
    barrier.reset()
    barrier.reset()
    expectFresh(barrier, phase: 1)
  }

  /// rule 13, rule 12
  @Test func aResetBarrierCanBreakAgainWithANewCause() {
    let barrier = ThreadBarrier(parties: 2)
    barrier.abort(Fault("first"))
    barrier.reset()
    barrier.abort(Fault("second"))
    expectBroken(barrier, by: Cause(.aborted, by: Fault("second"), phase: 1, arrived: 0))
    barrier.reset()
    let timedWaiter = ThreadParticipant("timed waiter", at: barrier) { try barrier.wait(timeout: .zero) }
    let timedOut = Cause(.timedOut, phase: 2, arrived: 1)
    expect(timedWaiter.result, brokenBy: timedOut, at: barrier, isOrigin: true)
    expectBroken(barrier, by: timedOut)
  }

  /// rule 13: a party that arrives after `reset()` has returned never finds the barrier broken.
  @Test func arrivalsAfterAResetAreNeverRefused() {
    stress { _ in
      let barrier = ThreadBarrier(parties: 3)
      let waiting = (0..<2).map { _ in ThreadParticipant("waiting", at: barrier) { try barrier.wait() } }
      eventually { barrier.waitingCount == 2 }
      barrier.reset()
      expectFresh(barrier, phase: 1)
      for party in waiting { expect(party.result, brokenBy: Cause(.reset, arrived: 2), at: barrier) }
    }
  }
}
