import Testing

@testable import Barriers

/// Which parties throw when a barrier breaks, and which error.
struct BreakingTests {
  /// How to break a phase of five parties while three wait.
  enum Method: CaseIterable, Sendable {
    case abort, abortWithoutCause, timeout, defaultTimeout, deadline, abortOnError
  }

  /// Breaks the phase, in some cases with a fourth party; returns what all parties' errors must say.
  private func breakPhase(_ method: Method, of barrier: ThreadBarrier) -> Cause {
    func timesOut(_ wait: @escaping @Sendable () throws -> Arrival) -> Cause {
      let cause = Cause(.timedOut, arrived: 4)
      expect(
        ThreadParticipant("timed waiter", at: barrier, wait).result, brokenBy: cause, at: barrier,
        isOrigin: true)
      return cause
    }
    switch method {
    case .abort:
      barrier.abort(Fault("cause"))
      return Cause(.aborted, by: Fault("cause"), arrived: 3)
    case .abortWithoutCause:
      barrier.abort()
      return Cause(.aborted, arrived: 3)
    case .timeout: return timesOut { try barrier.wait(timeout: .milliseconds(1)) }
    case .defaultTimeout: return timesOut { try barrier.wait() }
    case .deadline: return timesOut { try barrier.wait(until: .now + .milliseconds(1)) }
    case .abortOnError:
      #expect(throws: Fault("cause")) { try barrier.abortOnError { throw Fault("cause") } }
      return Cause(.aborted, by: Fault("cause"), arrived: 3)
    }
  }

  /// rule 12, rule 14
  @Test(arguments: Method.allCases, [WaitStrategy.adaptive, .parking])
  func allWaitersThrowAndSoDoLaterArrivals(method: Method, strategy: WaitStrategy) {
    let barrier = ThreadBarrier(parties: 5, label: "halo", timeout: .milliseconds(1), strategy: strategy)
    let waiting = (0..<3).map { index in
      ThreadParticipant("waiting \(index)", at: barrier) { try barrier.wait(timeout: .seconds(1 << 40)) }
    }
    eventually { barrier.waitingCount == 3 }
    let cause = breakPhase(method, of: barrier)
    for party in waiting { expect(party.result, brokenBy: cause, at: barrier) }
    expectBroken(barrier, by: cause)
    expectBroken(barrier, by: cause)
  }

  /// rule 12
  @Test func theFirstCauseWins() {
    let barrier = ThreadBarrier(parties: 2)
    barrier.abort(Fault("first"))
    barrier.abort(Fault("second"))
    let cause = Cause(.aborted, by: Fault("first"), arrived: 0)
    // A party whose timeout is zero is refused with the same cause.
    let timedWaiter = ThreadParticipant("timed waiter", at: barrier) { try barrier.wait(timeout: .zero) }
    expect(timedWaiter.result, brokenBy: cause, at: barrier)
    barrier.abort(Fault("third"))
    expectBroken(barrier, by: cause)
  }

  /// rule 12
  @Test func anAbortAfterATimeoutChangesNothing() {
    let barrier = ThreadBarrier(parties: 2)
    let timedWaiter = ThreadParticipant("timed waiter", at: barrier) { try barrier.wait(timeout: .zero) }
    let cause = Cause(.timedOut, arrived: 1)
    expect(timedWaiter.result, brokenBy: cause, at: barrier, isOrigin: true)
    barrier.abort(Fault("too late"))
    expectBroken(barrier, by: cause)
  }

  /// rule 12
  @Test func aRefusedArrivalIsNotCounted() {
    let barrier = ThreadBarrier(parties: 2, label: "halo")
    let waiting = ThreadParticipant("waiting", at: barrier) { try barrier.wait() }
    eventually { barrier.waitingCount == 1 }
    barrier.abort()
    let cause = Cause(.aborted, arrived: 1)
    expect(waiting.result, brokenBy: cause, at: barrier)
    for refused in onThreads(8, at: barrier, { _ in try barrier.wait() }) {
      expect(refused, brokenBy: cause, at: barrier)
    }
    #expect(barrier.waitingCount == 0)
    barrier.reset()
    expectFresh(barrier, phase: 1)
  }

  /// rule 12
  @Test func refusedCallersDoNotAppearInWaitingCount() {
    let barrier = ThreadBarrier(parties: 4)
    barrier.abort()
    let isOver = Counter()
    let refused = (0..<3).map { index in
      ThreadParticipant("refused \(index)", at: barrier) {
        var refusals = 0
        while isOver.now == 0 {
          if (Outcome { try barrier.wait() }).barrierError != nil { refusals += 1 }
        }
        return refusals
      }
    }
    var seen: Set<Int> = []
    stress { _ in
      for _ in 0..<100 { seen.insert(barrier.waitingCount) }
    }
    isOver.add()
    #expect(seen == [0])
    for party in refused { #expect((try? party.result.get()) ?? 0 > 0) }
  }

  /// rule 12: a refused call must leave no trace in the state. The state has room for millions of calls, so
  /// this takes long.
  @Test(.enabled(if: Limits.stress >= .seconds(60), "BARRIERS_STRESS_SECONDS is less than 60."))
  func aBrokenBarrierCanRefuseAnyNumberOfCalls() {
    let barrier = ThreadBarrier(parties: 2)
    barrier.abort(Fault("cause"))
    let refused = ThreadParticipant("refused", at: barrier, limit: .seconds(3600)) {
      for _ in 0..<1 << 25 {
        guard (Outcome { try barrier.wait(timeout: .zero) }).barrierError?.phase == 0 else { return false }
      }
      return true
    }
    #expect((try? refused.result.get()) == true)
    expectBroken(barrier, by: Cause(.aborted, by: Fault("cause"), arrived: 0))
  }

  /// rule 12
  @Test func abortOnErrorThrowsTheTypedErrorOfItsBodyAndAbortsWithIt() {
    let barrier = ThreadBarrier(parties: 3, label: "halo")
    let waiting = ThreadParticipant("waiting", at: barrier) { try barrier.wait() }
    eventually { barrier.waitingCount == 1 }
    // Compiles only because `abortOnError` keeps the type of the error.
    let result = Result { () throws(Fault) -> Int in
      try barrier.abortOnError { () throws(Fault) -> Int in throw Fault("cause") }
    }
    #expect(result == .failure(Fault("cause")))
    let cause = Cause(.aborted, by: Fault("cause"), arrived: 1)
    expect(waiting.result, brokenBy: cause, at: barrier)
    expectBroken(barrier, by: cause)
  }

  /// rule 13: the phase that opened after the reset has nothing to do with the error of the one before it.
  @Test(arguments: [ParticipantKind.thread, .task])
  func aPartyThatAResetFreedDoesNotAbortTheNextPhase(kind: ParticipantKind) {
    let barrier = ThreadBarrier(parties: 2)
    let waiting: any Participant<Arrival> =
      switch kind {
      case .task:
        TaskParticipant("waiting", at: barrier) {
          try await AsyncBarrier(sharing: barrier).abortOnError {
            try await AsyncBarrier(sharing: barrier).wait()
          }
        }
      default:
        ThreadParticipant("waiting", at: barrier) { try barrier.abortOnError { try barrier.wait() } }
      }
    waiting.waitUntilAsleep()
    barrier.reset()
    expect(waiting.result, brokenBy: Cause(.reset, arrived: 1), at: barrier)
    expectFresh(barrier, phase: 1)
  }

  /// rule 13, rule 12: only this barrier's own error is known to its parties.
  @Test func theErrorOfAnotherBarrierAborts() {
    let (barrier, other) = (ThreadBarrier(parties: 2), ThreadBarrier(parties: 2))
    other.abort(Fault("other"))
    let error = Outcome { try barrier.abortOnError { try other.wait() } }.barrierError
    #expect(error?.underlyingError as? Fault == Fault("other"))
    let cause = barrier.snapshot().error?.underlyingError as? BrokenBarrierError
    #expect(cause?.underlyingError as? Fault == Fault("other"))
  }

  /// rule 13: memory is used again, but an identity is not.
  @Test func anErrorBelongsToItsBarrierOnly() throws {
    let error = {
      let barrier = ThreadBarrier(parties: 2)
      barrier.abort()
      return barrier.snapshot().error!
    }()
    for _ in 0..<100 {
      let later = ThreadBarrier(parties: 2)
      #expect(!error.isOf(later))
    }
  }

  /// rule 12
  @Test func abortOnErrorReturnsTheResultOfItsBodyWithoutAborting() {
    let barrier = ThreadBarrier(parties: 1)
    let alone = ThreadParticipant("alone", at: barrier) {
      try barrier.abortOnError { try (barrier.wait().phase, barrier.wait().phase) }
    }
    let phases = try? alone.result.get()
    #expect(phases?.0 == 0 && phases?.1 == 1)
    #expect(!barrier.isBroken)
  }
}
