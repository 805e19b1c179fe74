import Testing

@testable import Barriers

/// Who is told when a barrier breaks, and of what.
struct BreakingTests {
  /// The ways to break a phase of five parties in which three wait.
  enum Way: CaseIterable, Sendable {
    case abort, abortWithoutCause, timeout, ownTimeout, deadline, participant
  }

  /// Makes a fourth party, or nobody at all, break the phase; answers with what the parties must be told.
  private func breakPhase(_ way: Way, of barrier: ThreadBarrier) -> Cause {
    func timesOut(_ wait: @escaping @Sendable () throws -> Arrival) -> Cause {
      let breakage = Cause(.timedOut, arrived: 4)
      expect(
        ThreadParticipant("hasty", at: barrier, wait).result, brokenBy: breakage, at: barrier, isOrigin: true)
      return breakage
    }
    switch way {
    case .abort:
      barrier.abort(Fault("cause"))
      return Cause(.aborted, by: Fault("cause"), arrived: 3)
    case .abortWithoutCause:
      barrier.abort()
      return Cause(.aborted, arrived: 3)
    case .timeout: return timesOut { try barrier.wait(timeout: .milliseconds(1)) }
    case .ownTimeout: return timesOut { try barrier.wait() }
    case .deadline: return timesOut { try barrier.wait(until: .now + .milliseconds(1)) }
    case .participant:
      #expect(throws: Fault("cause")) { try barrier.abortOnError { throw Fault("cause") } }
      return Cause(.aborted, by: Fault("cause"), arrived: 3)
    }
  }

  /// rule 12, rule 14
  @Test(arguments: Way.allCases, [WaitStrategy.adaptive, .parking])
  func allWhoWaitThrowAndSoDoesEveryoneWhoComesLater(way: Way, strategy: WaitStrategy) {
    let barrier = ThreadBarrier(parties: 5, label: "halo", timeout: .milliseconds(1), strategy: strategy)
    let waiting = (0..<3).map { index in
      ThreadParticipant("waiting \(index)", at: barrier) { try barrier.wait(timeout: .seconds(1 << 40)) }
    }
    eventually { barrier.waitingCount == 3 }
    let breakage = breakPhase(way, of: barrier)
    for party in waiting { expect(party.result, brokenBy: breakage, at: barrier) }
    expectBroken(barrier, by: breakage)
    expectBroken(barrier, by: breakage)
  }

  /// rule 12
  @Test func theFirstCauseWins() {
    let barrier = ThreadBarrier(parties: 2)
    barrier.abort(Fault("first"))
    barrier.abort(Fault("second"))
    let breakage = Cause(.aborted, by: Fault("first"), arrived: 0)
    // A party that would time out at once is refused for the same cause.
    let hasty = ThreadParticipant("hasty", at: barrier) { try barrier.wait(timeout: .zero) }
    expect(hasty.result, brokenBy: breakage, at: barrier)
    barrier.abort(Fault("third"))
    expectBroken(barrier, by: breakage)
  }

  /// rule 12
  @Test func anAbortAfterATimeoutChangesNothing() {
    let barrier = ThreadBarrier(parties: 2)
    let hasty = ThreadParticipant("hasty", at: barrier) { try barrier.wait(timeout: .zero) }
    let breakage = Cause(.timedOut, arrived: 1)
    expect(hasty.result, brokenBy: breakage, at: barrier, isOrigin: true)
    barrier.abort(Fault("too late"))
    expectBroken(barrier, by: breakage)
  }

  /// rule 12
  @Test func aRefusedArrivalIsNotCounted() {
    let barrier = ThreadBarrier(parties: 2, label: "halo")
    let waiting = ThreadParticipant("waiting", at: barrier) { try barrier.wait() }
    eventually { barrier.waitingCount == 1 }
    barrier.abort()
    let breakage = Cause(.aborted, arrived: 1)
    expect(waiting.result, brokenBy: breakage, at: barrier)
    for refused in crew(of: 8, at: barrier, { _ in try barrier.wait() }) {
      expect(refused, brokenBy: breakage, at: barrier)
    }
    #expect(barrier.waitingCount == 0)
    barrier.reset()
    expectFresh(barrier, phase: 1)
  }

  /// rule 12
  @Test func nobodySeemsToWaitWhileTheBarrierRefusesThem() {
    let barrier = ThreadBarrier(parties: 4)
    barrier.abort()
    let isOver = Counter()
    let stubborn = (0..<3).map { index in
      ThreadParticipant("stubborn \(index)", at: barrier) {
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
    for party in stubborn { #expect((try? party.result.get()) ?? 0 > 0) }
  }

  /// rule 12: whoever is refused must leave no mark behind. There is room for some millions, so this takes long.
  @Test(.enabled(if: Limits.stress >= .seconds(60), "BARRIERS_STRESS_SECONDS is less than 60."))
  func aBarrierMayRefuseForEver() {
    let barrier = ThreadBarrier(parties: 2)
    barrier.abort(Fault("cause"))
    let stubborn = ThreadParticipant("stubborn", at: barrier, limit: .seconds(3600)) {
      for _ in 0..<1 << 25 {
        guard (Outcome { try barrier.wait(timeout: .zero) }).barrierError?.phase == 0 else { return false }
      }
      return true
    }
    #expect((try? stubborn.result.get()) == true)
    expectBroken(barrier, by: Cause(.aborted, by: Fault("cause"), arrived: 0))
  }

  /// rule 12
  @Test func participateReturnsWhatItsBodyReturnsAndLeavesTheBarrierAlone() {
    let barrier = ThreadBarrier(parties: 1)
    let alone = ThreadParticipant("alone", at: barrier) {
      try barrier.abortOnError { try (barrier.wait().phase, barrier.wait().phase) }
    }
    let phases = try? alone.result.get()
    #expect(phases?.0 == 0 && phases?.1 == 1)
    #expect(!barrier.isBroken)
  }
}
