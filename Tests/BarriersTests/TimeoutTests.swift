import Testing

@testable import Barriers

/// How long a party waits.
struct TimeoutTests {
  /// rule 15
  @Test(arguments: [
    Duration.zero, .nanoseconds(-1), .seconds(-1), .seconds(Int64.min), Duration(attoseconds: .min),
  ])
  func aTimeoutOfZeroOrLessIsATry(timeout: Duration) {
    let barrier = ThreadBarrier(parties: 2)
    let alone = ThreadParticipant("alone", at: barrier) { try barrier.wait(timeout: timeout) }
    expect(alone.result, brokenBy: Cause(.timedOut, arrived: 1), at: barrier, isOrigin: true)
    expectBroken(barrier, by: Cause(.timedOut, arrived: 1))
    barrier.reset()
    let waiting = ThreadParticipant("waiting", at: barrier) { try barrier.wait() }
    eventually { barrier.waitingCount == 1 }
    let last = ThreadParticipant("last", at: barrier) { try barrier.wait(timeout: timeout) }
    expect(last.result, completed: 1, index: 1, of: barrier)
    expect(waiting.result, completed: 1, index: 0, of: barrier)
  }

  /// rule 15
  @Test(arguments: [
    Duration.zero, .nanoseconds(1), .seconds(1), .seconds(Int64.max), Duration(attoseconds: .max),
  ])
  func aDeadlineInThePastIsATry(howLongAgo: Duration) {
    let barrier = ThreadBarrier(parties: 2)
    let past = ContinuousClock.now.advanced(by: .zero - howLongAgo)
    let alone = ThreadParticipant("alone", at: barrier) { try barrier.wait(until: past) }
    expect(alone.result, brokenBy: Cause(.timedOut, arrived: 1), at: barrier, isOrigin: true)
    barrier.reset()
    let waiting = ThreadParticipant("waiting", at: barrier) { try barrier.wait() }
    eventually { barrier.waitingCount == 1 }
    let last = ThreadParticipant("last", at: barrier) { try barrier.wait(until: past) }
    expect(last.result, completed: 1, index: 1, of: barrier)
    expect(waiting.result, completed: 1, index: 0, of: barrier)
  }

  static let centuries: [Duration] = [
    .seconds(86_400), .seconds(86_401), .seconds(99 * 366 * 86_400), .seconds(101 * 366 * 86_400),
    .seconds(Int64.max / 1_000_000_000), .seconds(Int64.max / 1_000), .seconds(Int64.max),
    Duration(attoseconds: .max),
  ]

  /// rule 15
  @Test(arguments: centuries)
  func aLargeTimeoutIsForEver(timeout: Duration) {
    // By all three ways to give one: each party asleep, and no error.
    let barrier = ThreadBarrier(parties: 4, timeout: timeout)
    let far = ContinuousClock.now.advanced(by: min(timeout, Duration(attoseconds: .max) - .seconds(1 << 40)))
    let waiting = [
      ThreadParticipant("with the barrier's own", at: barrier) { try barrier.wait() },
      ThreadParticipant("with one of its own", at: barrier) { try barrier.wait(timeout: timeout) },
      ThreadParticipant("with a deadline", at: barrier) { try barrier.wait(until: far) },
    ]
    eventually { barrier.waitingCount == 3 }
    for party in waiting { party.fallsAsleep() }
    passing(.now + .milliseconds(20))
    #expect(!barrier.isBroken)
    expect(
      ThreadParticipant("last", at: barrier) { try barrier.wait() }.result, completed: 0, index: 3,
      of: barrier)
    for party in waiting { expect(party.result, completed: 0, of: barrier) }
  }

  /// rule 15
  @Test(
    arguments: [Duration.microseconds(1), .milliseconds(1), .milliseconds(30)],
    [WaitStrategy.adaptive, .parking])
  func nobodyTimesOutEarly(timeout: Duration, strategy: WaitStrategy) {
    let barrier = ThreadBarrier(parties: 2, timeout: timeout, strategy: strategy)
    let waits: [@Sendable (ContinuousClock.Instant) throws -> Arrival] = [
      { _ in try barrier.wait() },
      { _ in try barrier.wait(timeout: timeout) },
      { start in try barrier.wait(until: start + timeout) },
    ]
    for wait in waits {
      let start = ContinuousClock.now
      let alone = ThreadParticipant("alone", at: barrier) { try wait(start) }
      #expect(alone.result.barrierError?.reason == .timedOut)
      #expect(ContinuousClock.now - start >= timeout)
      barrier.reset()
    }
  }

  /// rule 15
  @Test func aTimeoutGivenToWaitReplacesTheBarriersOwn() {
    let barrier = ThreadBarrier(parties: 3, timeout: .zero)
    let patient = [
      ThreadParticipant("patient", at: barrier) { try barrier.wait(timeout: .seconds(1 << 40)) },
      ThreadParticipant("until a day far off", at: barrier) {
        try barrier.wait(until: .now + .seconds(1 << 40))
      },
    ]
    eventually { barrier.waitingCount == 2 }
    for party in patient { party.fallsAsleep() }
    #expect(!barrier.isBroken)
    // And the barrier's own lets the last one pass.
    expect(
      ThreadParticipant("last", at: barrier) { try barrier.wait() }.result, completed: 0, index: 2,
      of: barrier)
    for party in patient { expect(party.result, completed: 0, of: barrier) }
  }

  /// rule 14, rule 12
  @Test func onlyThePartyWhoseTimeIsOverIsTheOrigin() {
    let barrier = ThreadBarrier(parties: 4, label: "halo")
    let patient = (0..<2).map { index in
      ThreadParticipant("patient \(index)", at: barrier) { try barrier.wait(timeout: .seconds(3600)) }
    }
    eventually { barrier.waitingCount == 2 }
    let hasty = ThreadParticipant("hasty", at: barrier) { try barrier.wait(timeout: .milliseconds(20)) }
    let breakage = Cause(.timedOut, arrived: 3)
    expect(hasty.result, brokenBy: breakage, at: barrier, isOrigin: true)
    for party in patient { expect(party.result, brokenBy: breakage, at: barrier) }
    expectBroken(barrier, by: breakage)
  }

  /// rule 15: the time of a caller that is one too many runs from its call, and counts in the next phase.
  @Test func theTimeOfASurplusCallerCountsInThePhaseThatItJoins() {
    let gate = Gate()
    let barrier = ThreadBarrier(parties: 2) { _ in gate.pass() }
    let pair = (0..<2).map { _ in ThreadParticipant("one of the pair", at: barrier) { try barrier.wait() } }
    eventually { gate.visitors == 1 }
    let deadline = ContinuousClock.now + .milliseconds(50)
    let surplus = ThreadParticipant("surplus", at: barrier) { try barrier.wait(until: deadline) }
    surplus.fallsAsleep()
    passing(deadline)
    #expect(!barrier.isBroken)
    gate.open()
    for party in pair { expect(party.result, completed: 0, of: barrier) }
    let breakage = Cause(.timedOut, phase: 1, arrived: 1)
    expect(surplus.result, brokenBy: breakage, at: barrier, isOrigin: true)
    expectBroken(barrier, by: breakage)
  }
}
