import Testing

@testable import Barriers

/// Breaking and mending a barrier at which threads, work items and tasks meet: all are told the same.
struct MixedBreakingTests {
  /// rule 12, rule 20
  @Test(arguments: Mixture.all, [nil, Fault("cause")])
  func anAbortIsToldToAll(mixture: Mixture, fault: Fault?) {
    let barrier = ThreadBarrier(parties: mixture.count, label: "halo")
    let waiting = mixture.early(at: barrier)
    AsyncBarrier(sharing: barrier).abort(fault)
    let told = Cause(.aborted, by: fault, arrived: mixture.count - 1)
    for guest in waiting { expect(guest.result, brokenBy: told, at: barrier) }
    barrier.abort(Fault("too late"))
    expectBrokenForAll(barrier, by: told)
    AsyncBarrier(sharing: barrier).reset()
    expectMeeting(of: mixture, at: barrier, phase: 1)
  }

  /// rule 13, rule 20
  @Test(arguments: Mixture.all)
  func aResetIsToldToThoseWhoWaitAndToNobodyElse(mixture: Mixture) {
    let barrier = ThreadBarrier(parties: mixture.count)
    for phase in [0, 2] as [UInt64] {
      let waiting = mixture.early(at: barrier)
      AsyncBarrier(sharing: barrier).reset()
      expectMeeting(of: mixture, at: barrier, phase: phase + 1)
      let told = Cause(.reset, phase: phase, arrived: mixture.count - 1)
      for guest in waiting { expect(guest.result, brokenBy: told, at: barrier) }
    }
  }

  /// rule 12, rule 14, rule 15, rule 20
  @Test(arguments: Mixture.all, Kind.allCases)
  func aTimeoutOfOneIsToldToAll(mixture: Mixture, kind: Kind) {
    // One more, for that party comes last but one.
    let barrier = ThreadBarrier(parties: mixture.count + 1, label: "halo", timeout: .milliseconds(2))
    let told = { phase in Cause(.timedOut, phase: phase, arrived: mixture.count) }
    let waits: [@Sendable () -> Wait] = [
      { .own }, { .timeout(.milliseconds(1)) }, { .until(.now + .milliseconds(1)) }, { .timeout(.zero) },
    ]
    for (round, wait) in waits.enumerated() {
      let phase = UInt64(round)
      let waiting = mixture.early(at: barrier, .timeout(.seconds(3600)))
      let hasty = kind.participant("hasty", at: barrier, wait())
      let breakage = Cause(.timedOut, phase: phase, arrived: mixture.count)
      expect(hasty.result, brokenBy: breakage, at: barrier, isOrigin: true)
      for guest in waiting { expect(guest.result, brokenBy: breakage, at: barrier) }
      expectBroken(barrier, by: told(phase))
      barrier.reset()
    }
  }

  /// rule 15, rule 20
  @Test(arguments: Mixture.all, [Duration.zero, .seconds(-1), .seconds(Int64.min)])
  func aTryPassesIfItIsTheLast(mixture: Mixture, timeout: Duration) {
    let barrier = ThreadBarrier(parties: mixture.count)
    let early = mixture.early(at: barrier)
    let last = mixture.last(at: barrier, .timeout(timeout))
    expect(last.result, completed: 0, index: mixture.count - 1, of: barrier)
    for guest in early { expect(guest.result, completed: 0, of: barrier) }
  }

  /// rule 12: surplus callers wait for the phase that is being completed, and are told of it too.
  @Test(arguments: Kind.allCases)
  func aFailedActionIsToldToSurplusCallers(kind: Kind) {
    let gate = Gate()
    let barrier = ThreadBarrier(parties: 2) { _ in
      gate.pass()
      throw Fault("no")
    }
    let pair = [Kind.thread, .task].map { $0.participant(at: barrier) }
    eventually { gate.visitors == 1 }
    let surplus = kind.participant("surplus", at: barrier, .timeout(.zero))
    eventually { barrier.callers == 3 }
    surplus.fallsAsleep()
    #expect(!surplus.hasLeft)
    gate.open()
    let told = Cause(.actionFailed, by: Fault("no"), arrived: 2)
    expect(surplus.result, brokenBy: told, at: barrier)
    #expect(pair.count { $0.result.barrierError?.isOrigin == true } == 1)
    expectBrokenForAll(barrier, by: told)
  }

  /// rule 15: the time of a surplus caller runs from its call, and counts in the phase that it joins.
  @Test(arguments: Kind.allCases)
  func theTimeOfASurplusCallerCountsInTheNextPhase(kind: Kind) {
    let gate = Gate()
    let barrier = ThreadBarrier(parties: 2) { _ in gate.pass() }
    let pair = [Kind.thread, .task].map { $0.participant(at: barrier) }
    eventually { gate.visitors == 1 }
    let deadline = ContinuousClock.now + .milliseconds(30)
    let surplus = kind.participant("surplus", at: barrier, .until(deadline))
    eventually { barrier.callers == 3 }
    surplus.fallsAsleep()
    passing(deadline)
    #expect(!barrier.isBroken)
    gate.open()
    for guest in pair { expect(guest.result, completed: 0, of: barrier) }
    let breakage = Cause(.timedOut, phase: 1, arrived: 1)
    expect(surplus.result, brokenBy: breakage, at: barrier, isOrigin: true)
    expectBrokenForAll(barrier, by: breakage)
  }
}
