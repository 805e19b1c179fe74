import Testing

@testable import Barriers

/// `abort` and `reset` work while the action runs: from another thread, and from the action itself.
struct ActionInterruptedTests {
  enum Call: CaseIterable, Sendable {
    case abort, reset

    func perform(at barrier: ThreadBarrier) {
      switch self {
      case .abort: barrier.abort(Fault("enough"))
      case .reset: barrier.reset()
      }
    }

    func cause(arrived: Int) -> Cause {
      switch self {
      case .abort: Cause(.aborted, by: Fault("enough"), arrived: arrived)
      case .reset: Cause(.reset, arrived: arrived)
      }
    }
  }

  /// rule 9, rule 12
  @Test(arguments: Call.allCases, [false, true])
  func allWaitersOfAHungActionCanBeFreed(call: Call, andThenItFails: Bool) {
    let gate = Gate()
    let barrier = ThreadBarrier(parties: 3, label: "halo") { phase in
      guard phase == 0 else { return }
      gate.pass()
      if andThenItFails { throw Fault("too late") }
    }
    let early = (0..<2).map { index in ThreadParticipant("early \(index)", at: barrier) { try barrier.wait() }
    }
    eventually { barrier.waitingCount == 2 }
    let runner = ThreadParticipant("runs the action", at: barrier) { try barrier.wait() }
    eventually { gate.arrivals == 1 }
    let surplus = ThreadParticipant("surplus", at: barrier) { try barrier.wait() }
    surplus.waitUntilAsleep()
    call.perform(at: barrier)
    let cause = call.cause(arrived: 3)
    for party in early { expect(party.result, brokenBy: cause, at: barrier) }
    expect(surplus.result, brokenBy: cause, at: barrier)
    #expect(!runner.hasLeft)
    switch call {
    case .abort: expectBroken(barrier, by: cause)
    case .reset: expectFresh(barrier, phase: 1)  // while the action of phase 0 still runs
    }
    gate.open()
    expect(runner.result, brokenBy: cause, at: barrier)
    #expect(barrier.isBroken == (call == .abort))
  }

  /// rule 9
  @Test(arguments: Call.allCases, [false, true])
  func theActionItselfMayBreakItsPhase(call: Call, andThenFail: Bool) {
    let barrier = ThreadBarrier.passingItselfToAction(parties: 3) { barrier, phase in
      guard phase == 0 else { return }
      call.perform(at: barrier)
      if andThenFail { throw Fault("too late") }
    }
    let cause = call.cause(arrived: 3)
    for outcome in onThreads(3, at: barrier, { _ in try barrier.wait() }) {
      expect(outcome, brokenBy: cause, at: barrier)
    }
    if call == .abort {
      expectBroken(barrier, by: cause)
      barrier.reset()
    }
    expectFresh(barrier, phase: 1)
  }

  /// rule 9, rule 13
  @Test func ifTheActionAbortsAndResetsAllPartiesThrowTheErrorOfTheAbort() {
    let barrier = ThreadBarrier.passingItselfToAction(parties: 2) { barrier, phase in
      guard phase == 0 else { return }
      barrier.abort(Fault("enough"))
      barrier.reset()
    }
    for outcome in onThreads(2, at: barrier, { _ in try barrier.wait() }) {
      expect(outcome, brokenBy: Cause(.aborted, by: Fault("enough"), arrived: 2), at: barrier)
    }
    expectFresh(barrier, phase: 1)
  }

  /// rule 9: the action of the next phase may run concurrently with the abandoned one.
  @Test func theFailureOfAnAbandonedActionAffectsNoLaterPhase() {
    let gate = Gate()
    let barrier = ThreadBarrier(parties: 1) { phase in
      guard phase == 0 else { return }
      gate.pass()
      throw Fault("too late")
    }
    let hung = ThreadParticipant("runs the action", at: barrier) { try barrier.wait() }
    eventually { gate.arrivals == 1 }
    barrier.reset()
    expectFresh(barrier, phase: 1)
    gate.open()
    expect(hung.result, brokenBy: Cause(.reset, arrived: 1), at: barrier)
    expectFresh(barrier, phase: 2)
  }
}
