import Testing

@testable import Barriers

/// How long a thread waits.
struct TimeoutTests {
  /// rule 15
  @Test(arguments: [
    Duration.zero, .nanoseconds(-1), .seconds(-1), .seconds(Int64.min), Duration(attoseconds: .min),
  ])
  func aTimeoutOfZeroOrLessNeverWaits(timeout: Duration) {
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
  func aDeadlineInThePastNeverWaits(howLongAgo: Duration) {
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

  static let veryLongTimeouts: [Duration] = [
    .seconds(86_400), .seconds(86_401), .seconds(99 * 366 * 86_400), .seconds(101 * 366 * 86_400),
    .seconds(Int64.max / 1_000_000_000), .seconds(Int64.max / 1_000), .seconds(Int64.max),
    Duration(attoseconds: .max),
  ]

  /// rule 15
  @Test(arguments: veryLongTimeouts)
  func aVeryLongTimeoutNeverHappens(timeout: Duration) {
    // Set in each of the three possible ways.
    let barrier = ThreadBarrier(parties: 4, timeout: timeout)
    let far = ContinuousClock.now.advanced(by: min(timeout, Duration(attoseconds: .max) - .seconds(1 << 40)))
    let waiting = [
      ThreadParticipant("with the default timeout", at: barrier) { try barrier.wait() },
      ThreadParticipant("with a timeout", at: barrier) { try barrier.wait(timeout: timeout) },
      ThreadParticipant("with a deadline", at: barrier) { try barrier.wait(until: far) },
    ]
    eventually { barrier.waitingCount == 3 }
    for party in waiting { party.waitUntilAsleep() }
    waitPast(.now + .milliseconds(20))
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
  func noPartyTimesOutEarly(timeout: Duration, strategy: WaitStrategy) {
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
  @Test func theTimeoutOfACallReplacesTheDefaultTimeout() {
    let barrier = ThreadBarrier(parties: 3, timeout: .zero)
    let longWaiter = [
      ThreadParticipant("long waiter", at: barrier) { try barrier.wait(timeout: .seconds(1 << 40)) },
      ThreadParticipant("with a late deadline", at: barrier) {
        try barrier.wait(until: .now + .seconds(1 << 40))
      },
    ]
    eventually { barrier.waitingCount == 2 }
    for party in longWaiter { party.waitUntilAsleep() }
    #expect(!barrier.isBroken)
    // With the default timeout of zero, the last arrival still completes the phase.
    expect(
      ThreadParticipant("last", at: barrier) { try barrier.wait() }.result, completed: 0, index: 2,
      of: barrier)
    for party in longWaiter { expect(party.result, completed: 0, of: barrier) }
  }

  /// rule 14, rule 12
  @Test func onlyThePartyThatTimesOutIsTheOrigin() {
    let barrier = ThreadBarrier(parties: 4, label: "halo")
    let longWaiter = (0..<2).map { index in
      ThreadParticipant("long waiter \(index)", at: barrier) { try barrier.wait(timeout: .seconds(3600)) }
    }
    eventually { barrier.waitingCount == 2 }
    let timedWaiter = ThreadParticipant("timed waiter", at: barrier) {
      try barrier.wait(timeout: .milliseconds(20))
    }
    let cause = Cause(.timedOut, arrived: 3)
    expect(timedWaiter.result, brokenBy: cause, at: barrier, isOrigin: true)
    for party in longWaiter { expect(party.result, brokenBy: cause, at: barrier) }
    expectBroken(barrier, by: cause)
  }

  /// rule 15: the timeout of a surplus caller starts at its call, and breaks the phase that the caller joins.
  @Test func theTimeoutOfASurplusCallerBreaksTheNextPhase() {
    let gate = Gate()
    let barrier = ThreadBarrier(parties: 2) { _ in gate.pass() }
    let pair = (0..<2).map { _ in ThreadParticipant("one of the pair", at: barrier) { try barrier.wait() } }
    eventually { gate.arrivals == 1 }
    let deadline = ContinuousClock.now + .milliseconds(50)
    let surplus = ThreadParticipant("surplus", at: barrier) { try barrier.wait(until: deadline) }
    surplus.waitUntilAsleep()
    waitPast(deadline)
    #expect(!barrier.isBroken)
    gate.open()
    for party in pair { expect(party.result, completed: 0, of: barrier) }
    let cause = Cause(.timedOut, phase: 1, arrived: 1)
    expect(surplus.result, brokenBy: cause, at: barrier, isOrigin: true)
    expectBroken(barrier, by: cause)
  }
}
