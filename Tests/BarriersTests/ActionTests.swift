import Foundation
import Testing

@testable import Barriers

/// What the action may rely on, and how a phase ends whose action fails.
struct ActionTests {
  /// rule 7
  @Test(arguments: [1, 2, 5])
  func theActionRunsOnceAPhaseAndGetsItsNumber(count: Int) {
    let runs = SharedLog<UInt64>()
    let barrier = ThreadBarrier(parties: count) { runs.add($0) }
    let results = onThreads(count, at: barrier) { _ in for _ in 0..<50 { try barrier.wait() } }
    #expect(results.allSatisfy { (try? $0.get()) != nil })
    #expect(runs.all == Array(0..<50))
  }

  /// rule 7
  @Test func theActionRunsOnTheThreadOfTheLastArrival() {
    let runner = SharedLog<String>()
    let barrier = ThreadBarrier(parties: 3) { _ in runner.add("\(pthread_self())") }
    let results = onThreads(3, at: barrier) { _ in
      (try barrier.wait().isLast, "\(pthread_self())")
    }
    let last = results.compactMap { try? $0.get() }.filter(\.0).map(\.1)
    #expect(last.count == 1)
    #expect(runner.all == last)
  }

  /// rule 7
  @Test(arguments: [WaitStrategy.adaptive, .parking])
  func theActionRunsAfterAllHaveArrivedAndBeforeAnyIsReleased(strategy: WaitStrategy) {
    let (arrivals, departures, wrong) = (Counter(), Counter(), Counter())
    let barrier = ThreadBarrier(parties: 4, strategy: strategy) { phase in
      let done = Int(phase) * 4
      for _ in 0..<20 {
        sched_yield()
        if arrivals.now != done + 4 || departures.now > done { wrong.add() }
      }
    }
    _ = onThreads(4, at: barrier) { _ in
      for phase in 0..<100 {
        // Wait until all parties of the previous phase have left, so that the action's counts are exact.
        eventually { departures.now == phase * 4 }
        arrivals.add()
        try barrier.wait()
        departures.add()
      }
    }
    #expect(wrong.now == 0)
    #expect(departures.now == 400)
  }

  /// rule 7: if the action's thread held a lock, both the action and the surplus caller would hang.
  @Test func theActionHoldsNoLockAndSeesAllPartiesWaiting() {
    let seen = SharedLog<String>()
    let gate = Gate()
    let barrier = ThreadBarrier.passingItselfToAction(parties: 2, label: "halo") { barrier, phase in
      guard phase == 0 else { return }
      seen.add("\(barrier.waitingCount) \(barrier.phase) \(barrier.isBroken)")
      seen.add(barrier.description)
      gate.pass()
    }
    let pair = (0..<2).map { _ in ThreadParticipant("one of the pair", at: barrier) { try barrier.wait() } }
    eventually { gate.arrivals == 1 }
    let surplus = ThreadParticipant("surplus", at: barrier) { try barrier.wait() }
    surplus.waitUntilAsleep()
    #expect(barrier.waitingCount == 2)
    #expect(barrier.description == "barrier \"halo\": phase 0, 2 of 2 parties waiting")
    gate.open()
    for party in pair { expect(party.result, completed: 0, of: barrier) }
    #expect(seen.all == ["2 0 false", "barrier \"halo\": phase 0, 2 of 2 parties waiting"])
    expect(ThreadParticipant("partner", at: barrier) { try barrier.wait() }.result, completed: 1, of: barrier)
    expect(surplus.result, completed: 1, of: barrier)
  }

  /// rule 8, rule 12
  @Test(arguments: [1, 2, 5])
  func ifTheActionThrowsThePhaseBreaksForAll(count: Int) {
    let fails = Counter(1)
    let barrier = ThreadBarrier(parties: count, label: "halo") { phase in
      if fails.now > 0 { throw Fault("phase \(phase)") }
    }
    let early = (1..<count).map { index in
      ThreadParticipant("early \(index)", at: barrier) { try barrier.wait() }
    }
    eventually { barrier.waitingCount == count - 1 }
    let last = ThreadParticipant("last", at: barrier) { try barrier.wait() }
    let failed = Cause(.actionFailed, by: Fault("phase 0"), arrived: count)
    expect(last.result, brokenBy: failed, at: barrier, isOrigin: true)
    for party in early { expect(party.result, brokenBy: failed, at: barrier) }
    expectBroken(barrier, by: failed)
    fails.add(-1)
    expectBroken(barrier, by: failed)
    barrier.reset()
    expectFresh(barrier, phase: 1)
  }

  /// rule 10
  @Test func aTimeoutThatPassesDuringTheActionChangesNothing() {
    let gate = Gate()
    let barrier = ThreadBarrier(parties: 3, timeout: .zero) { _ in gate.pass() }
    let start = ContinuousClock.now
    let early = (0..<2).map { index in
      ThreadParticipant("early \(index)", at: barrier) { try barrier.wait(timeout: .seconds(1)) }
    }
    eventually { barrier.waitingCount == 2 || barrier.isBroken }
    let last = ThreadParticipant("last, with the default timeout", at: barrier) { try barrier.wait() }
    eventually { gate.arrivals == 1 || barrier.isBroken }
    // On a slow machine the timeout may pass before all have arrived: then there is nothing to check.
    guard gate.arrivals == 1 else { return gate.open() }
    waitPast(start + .milliseconds(1200))
    for party in early { party.waitUntilAsleep() }
    #expect(!barrier.isBroken)
    #expect((early + [last]).allSatisfy { !$0.hasLeft })
    gate.open()
    for party in early { expect(party.result, completed: 0, of: barrier) }
    expect(last.result, completed: 0, index: 2, of: barrier)
    #expect(barrier.phase == 1)
  }
}
