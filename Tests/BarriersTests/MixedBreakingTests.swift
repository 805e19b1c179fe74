import Testing

@testable import Barriers

/// Breaking and resetting a barrier of threads, work items and tasks: all get the same error.
struct MixedBreakingTests {
  /// rule 12, rule 20
  @Test(arguments: ArrivalOrder.all, [nil, Fault("cause")])
  func anAbortBreaksThePhaseForAll(order: ArrivalOrder, fault: Fault?) {
    let barrier = ThreadBarrier(parties: order.count, label: "halo")
    let waiting = order.startAllButLast(at: barrier)
    AsyncBarrier(sharing: barrier).abort(fault)
    let cause = Cause(.aborted, by: fault, arrived: order.count - 1)
    for participant in waiting { expect(participant.result, brokenBy: cause, at: barrier) }
    barrier.abort(Fault("too late"))
    expectBrokenForAll(barrier, by: cause)
    AsyncBarrier(sharing: barrier).reset()
    expectArrivals(of: order, at: barrier, phase: 1)
  }

  /// rule 13, rule 20
  @Test(arguments: ArrivalOrder.all)
  func aResetBreaksThePhaseOfTheWaitersOnly(order: ArrivalOrder) {
    let barrier = ThreadBarrier(parties: order.count)
    for phase in [0, 2] as [UInt64] {
      let waiting = order.startAllButLast(at: barrier)
      AsyncBarrier(sharing: barrier).reset()
      expectArrivals(of: order, at: barrier, phase: phase + 1)
      let cause = Cause(.reset, phase: phase, arrived: order.count - 1)
      for participant in waiting { expect(participant.result, brokenBy: cause, at: barrier) }
    }
  }

  /// rule 12, rule 14, rule 15, rule 20
  @Test(arguments: ArrivalOrder.all, ParticipantKind.allCases)
  func aTimeoutOfOnePartyBreaksThePhaseForAll(order: ArrivalOrder, kind: ParticipantKind) {
    // One more party than in `order`, so that the timed waiter is not the last arrival.
    let barrier = ThreadBarrier(parties: order.count + 1, label: "halo", timeout: .milliseconds(2))
    let waits: [@Sendable () -> Wait] = [
      { .defaultTimeout }, { .timeout(.milliseconds(1)) }, { .until(.now + .milliseconds(1)) },
      { .timeout(.zero) },
    ]
    for (round, wait) in waits.enumerated() {
      let phase = UInt64(round)
      let waiting = order.startAllButLast(at: barrier, .timeout(.seconds(3600)))
      let timedWaiter = kind.participant("timed waiter", at: barrier, wait())
      let cause = Cause(.timedOut, phase: phase, arrived: order.count)
      expect(timedWaiter.result, brokenBy: cause, at: barrier, isOrigin: true)
      for participant in waiting { expect(participant.result, brokenBy: cause, at: barrier) }
      expectBroken(barrier, by: cause)
      barrier.reset()
    }
  }

  /// rule 15, rule 20
  @Test(arguments: ArrivalOrder.all, [Duration.zero, .seconds(-1), .seconds(Int64.min)])
  func aZeroTimeoutCompletesThePhaseIfItIsTheLastArrival(order: ArrivalOrder, timeout: Duration) {
    let barrier = ThreadBarrier(parties: order.count)
    let early = order.startAllButLast(at: barrier)
    let last = order.startLast(at: barrier, .timeout(timeout))
    expect(last.result, completed: 0, index: order.count - 1, of: barrier)
    for participant in early { expect(participant.result, completed: 0, of: barrier) }
  }

  /// rule 12: surplus callers wait for the end of the open phase, and get its error too.
  @Test(arguments: ParticipantKind.allCases)
  func aFailedActionBreaksThePhaseForSurplusCallers(kind: ParticipantKind) {
    let gate = Gate()
    let barrier = ThreadBarrier(parties: 2) { _ in
      gate.pass()
      throw Fault("no")
    }
    let pair = [ParticipantKind.thread, .task].map { $0.participant(at: barrier) }
    eventually { gate.arrivals == 1 }
    let surplus = kind.participant("surplus", at: barrier, .timeout(.zero))
    eventually { barrier.callers == 3 }
    surplus.waitUntilAsleep()
    #expect(!surplus.hasLeft)
    gate.open()
    let cause = Cause(.actionFailed, by: Fault("no"), arrived: 2)
    expect(surplus.result, brokenBy: cause, at: barrier)
    #expect(pair.count { $0.result.barrierError?.isOrigin == true } == 1)
    expectBrokenForAll(barrier, by: cause)
  }

  /// rule 15: the timeout of a surplus caller starts at its call, and breaks the phase that the caller joins.
  @Test(arguments: ParticipantKind.allCases)
  func theTimeoutOfASurplusCallerBreaksTheNextPhase(kind: ParticipantKind) {
    let gate = Gate()
    let barrier = ThreadBarrier(parties: 2) { _ in gate.pass() }
    let pair = [ParticipantKind.thread, .task].map { $0.participant(at: barrier) }
    eventually { gate.arrivals == 1 }
    let deadline = ContinuousClock.now + .milliseconds(30)
    let surplus = kind.participant("surplus", at: barrier, .until(deadline))
    eventually { barrier.callers == 3 }
    surplus.waitUntilAsleep()
    waitPast(deadline)
    #expect(!barrier.isBroken)
    gate.open()
    for participant in pair { expect(participant.result, completed: 0, of: barrier) }
    let cause = Cause(.timedOut, phase: 1, arrived: 1)
    expect(surplus.result, brokenBy: cause, at: barrier, isOrigin: true)
    expectBrokenForAll(barrier, by: cause)
  }
}
