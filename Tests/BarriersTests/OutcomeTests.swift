import Testing

@testable import Barriers

/// All or none: a phase has one outcome, which its parties are told however late they wake up.
///
/// The sleepers are frozen, so that they do wake up late: after everything else that a test does.
struct OutcomeTests {
  enum Aftermath: CaseIterable, Sendable {
    case nothing, abort, reset, abortAndReset, timeout, manyBrokenPhases
  }

  /// rule 1
  @Test(arguments: Aftermath.allCases, [2, 4])
  func aPartyOfACompletedPhaseReturnsWhateverHappensBeforeItWakesUp(after: Aftermath, count: Int) {
    let barrier = ThreadBarrier(parties: count)
    let sleepers = (1..<count).map { index in
      ThreadParticipant("sleeper \(index)", at: barrier) { try barrier.wait() }
    }
    eventually { barrier.waitingCount == count - 1 }
    for sleeper in sleepers { sleeper.freeze() }
    let last = ThreadParticipant("last", at: barrier) { try barrier.wait() }
    expect(last.result, completed: 0, index: count - 1, of: barrier)
    cause(after, at: barrier)
    for sleeper in sleepers { sleeper.thaw() }
    expectAllOrNone(sleepers.map(\.result) + [last.result], parties: count)
    for sleeper in sleepers { expect(sleeper.result, completed: 0, of: barrier) }
  }

  /// rule 1
  @Test(arguments: Aftermath.allCases, [2, 4])
  func aPartyOfABrokenPhaseThrowsItsOwnErrorHoweverLateItWakesUp(after: Aftermath, count: Int) {
    let barrier = ThreadBarrier(parties: count)
    let sleepers = (1..<count).map { index in
      ThreadParticipant("sleeper \(index)", at: barrier) { try barrier.wait() }
    }
    eventually { barrier.waitingCount == count - 1 }
    for sleeper in sleepers { sleeper.freeze() }
    barrier.abort(Fault("first"))
    barrier.reset()
    cause(after, at: barrier)
    for sleeper in sleepers { sleeper.thaw() }
    let told = Cause(.aborted, by: Fault("first"), arrived: count - 1)
    for sleeper in sleepers { expect(sleeper.result, brokenBy: told, at: barrier) }
  }

  /// rule 1, rule 13
  @Test(arguments: Aftermath.allCases)
  func aPartyThatWasResetIsToldSoHoweverLateItWakesUp(after: Aftermath) {
    let barrier = ThreadBarrier(parties: 3)
    let sleeper = ThreadParticipant("sleeper", at: barrier) { try barrier.wait() }
    eventually { barrier.waitingCount == 1 }
    sleeper.freeze()
    barrier.reset()
    cause(after, at: barrier)
    sleeper.thaw()
    expect(sleeper.result, brokenBy: Cause(.reset, arrived: 1), at: barrier)
  }

  /// rule 1
  @Test func laterPhasesThatCompleteAndBreakChangeNothingForThoseWhoStillSleep() {
    let barrier = ThreadBarrier(parties: 2)
    let broken = ThreadParticipant("sleeper of phase 0", at: barrier) { try barrier.wait() }
    eventually { barrier.waitingCount == 1 }
    broken.freeze()
    barrier.abort(Fault("phase 0"))
    barrier.reset()
    let completed = ThreadParticipant("sleeper of phase 1", at: barrier) { try barrier.wait() }
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
  @Test func aTimeoutThatIsOverBeforeOneWakesUpChangesNothingIfAllHadArrived() {
    let barrier = ThreadBarrier(parties: 2)
    let deadline = ContinuousClock.now + .milliseconds(300)
    let sleeper = ThreadParticipant("sleeper", at: barrier) { try barrier.wait(until: deadline) }
    eventually { barrier.waitingCount == 1 || barrier.isBroken }
    // On a slow machine the time may be over before the story begins.
    guard !barrier.isBroken else { return }
    sleeper.freeze()
    let last = ThreadParticipant("last", at: barrier) { try barrier.wait() }
    expect(last.result, completed: 0, index: 1, of: barrier)
    passing(deadline)
    sleeper.thaw()
    expect(sleeper.result, completed: 0, index: 0, of: barrier)
    expectFresh(barrier, phase: 1)
  }

  private func cause(_ aftermath: Aftermath, at barrier: ThreadBarrier) {
    switch aftermath {
    case .nothing: break
    case .abort: barrier.abort(Fault("after"))
    case .reset: barrier.reset()
    case .abortAndReset:
      barrier.abort(Fault("after"))
      barrier.reset()
    case .timeout:
      let hasty = ThreadParticipant("hasty", at: barrier) { try barrier.wait(timeout: .zero) }
      #expect(hasty.result.barrierError?.reason == .timedOut)
    case .manyBrokenPhases:
      for number in 0..<100 {
        barrier.abort(Fault("after \(number)"))
        barrier.reset()
      }
    }
  }
}
