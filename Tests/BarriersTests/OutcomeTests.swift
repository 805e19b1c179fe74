import Testing

@testable import Barriers

/// All or none: a phase has one outcome, which its parties get however late they wake up.
///
/// The waiters are frozen, so that they wake up late: after everything else that the test does.
struct OutcomeTests {
  enum Aftermath: CaseIterable, Sendable {
    case nothing, abort, reset, abortAndReset, timeout, manyBrokenPhases
  }

  /// rule 1
  @Test(arguments: Aftermath.allCases, [2, 4])
  func aPartyOfACompletedPhaseReturnsWhateverHappensBeforeItWakesUp(after: Aftermath, count: Int) {
    let barrier = ThreadBarrier(parties: count)
    let waiters = (1..<count).map { index in
      ThreadParticipant("waiter \(index)", at: barrier) { try barrier.wait() }
    }
    eventually { barrier.waitingCount == count - 1 }
    for waiter in waiters { waiter.freeze() }
    let last = ThreadParticipant("last", at: barrier) { try barrier.wait() }
    expect(last.result, completed: 0, index: count - 1, of: barrier)
    perform(after, at: barrier)
    for waiter in waiters { waiter.thaw() }
    expectAllOrNone(waiters.map(\.result) + [last.result], parties: count)
    for waiter in waiters { expect(waiter.result, completed: 0, of: barrier) }
  }

  /// rule 1
  @Test(arguments: Aftermath.allCases, [2, 4])
  func aPartyOfABrokenPhaseThrowsThatPhasesErrorHoweverLateItWakesUp(after: Aftermath, count: Int) {
    let barrier = ThreadBarrier(parties: count)
    let waiters = (1..<count).map { index in
      ThreadParticipant("waiter \(index)", at: barrier) { try barrier.wait() }
    }
    eventually { barrier.waitingCount == count - 1 }
    for waiter in waiters { waiter.freeze() }
    barrier.abort(Fault("first"))
    barrier.reset()
    perform(after, at: barrier)
    for waiter in waiters { waiter.thaw() }
    let cause = Cause(.aborted, by: Fault("first"), arrived: count - 1)
    for waiter in waiters { expect(waiter.result, brokenBy: cause, at: barrier) }
  }

  /// rule 1, rule 13
  @Test(arguments: Aftermath.allCases)
  func aPartyOfAResetPhaseThrowsItsErrorHoweverLateItWakesUp(after: Aftermath) {
    let barrier = ThreadBarrier(parties: 3)
    let waiter = ThreadParticipant("waiter", at: barrier) { try barrier.wait() }
    eventually { barrier.waitingCount == 1 }
    waiter.freeze()
    barrier.reset()
    perform(after, at: barrier)
    waiter.thaw()
    expect(waiter.result, brokenBy: Cause(.reset, arrived: 1), at: barrier)
  }

  /// rule 1
  @Test func laterPhasesChangeNothingForPartiesThatStillSleep() {
    let barrier = ThreadBarrier(parties: 2)
    let broken = ThreadParticipant("waiter of phase 0", at: barrier) { try barrier.wait() }
    eventually { barrier.waitingCount == 1 }
    broken.freeze()
    barrier.abort(Fault("phase 0"))
    barrier.reset()
    let completed = ThreadParticipant("waiter of phase 1", at: barrier) { try barrier.wait() }
    eventually { barrier.waitingCount == 1 }
    completed.freeze()
    let last = ThreadParticipant("last of phase 1", at: barrier) { try barrier.wait() }
    expect(last.result, completed: 1, index: 1, of: barrier)
    barrier.abort(Fault("phase 2"))
    broken.thaw()
    completed.thaw()
    expect(broken.result, brokenBy: Cause(.aborted, by: Fault("phase 0"), arrived: 1), at: barrier)
    expect(completed.result, completed: 1, index: 0, of: barrier)
    expectBroken(barrier, by: Cause(.aborted, by: Fault("phase 2"), phase: 2, arrived: 0))
  }

  /// rule 1, rule 14
  @Test func aDeadlineThatPassesBeforeAPartyWakesUpChangesNothingIfAllHadArrived() {
    let barrier = ThreadBarrier(parties: 2)
    let deadline = ContinuousClock.now + .milliseconds(300)
    let waiter = ThreadParticipant("waiter", at: barrier) { try barrier.wait(until: deadline) }
    eventually { barrier.waitingCount == 1 || barrier.isBroken }
    // On a slow machine the deadline may pass before the party is frozen.
    guard !barrier.isBroken else { return }
    waiter.freeze()
    let last = ThreadParticipant("last", at: barrier) { try barrier.wait() }
    expect(last.result, completed: 0, index: 1, of: barrier)
    waitPast(deadline)
    waiter.thaw()
    expect(waiter.result, completed: 0, index: 0, of: barrier)
    expectFresh(barrier, phase: 1)
  }

  private func perform(_ aftermath: Aftermath, at barrier: ThreadBarrier) {
    switch aftermath {
    case .nothing: break
    case .abort: barrier.abort(Fault("after"))
    case .reset: barrier.reset()
    case .abortAndReset:
      barrier.abort(Fault("after"))
      barrier.reset()
    case .timeout:
      let timedWaiter = ThreadParticipant("timed waiter", at: barrier) { try barrier.wait(timeout: .zero) }
      #expect(timedWaiter.result.barrierError?.reason == .timedOut)
    case .manyBrokenPhases:
      for number in 0..<100 {
        barrier.abort(Fault("after \(number)"))
        barrier.reset()
      }
    }
  }
}
