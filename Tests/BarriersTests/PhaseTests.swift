import Testing

@testable import Barriers

/// How parties complete phases: the barrier is cyclic.
struct PhaseTests {
  /// rule 3
  @Test(arguments: [2, 3, 8], [WaitStrategy.adaptive, .parking])
  func indicesFollowTheOrderOfArrivalAndTheLastArrivalIsLast(count: Int, strategy: WaitStrategy) {
    let barrier = ThreadBarrier(parties: count, strategy: strategy)
    for phase in 0..<3 as Range<UInt64> {
      let parties = (0..<count).map { index in
        let party = ThreadParticipant("party \(index)", at: barrier) { try barrier.wait() }
        if index < count - 1 { eventually { barrier.waitingCount == index + 1 } }
        return party
      }
      for (index, party) in parties.enumerated() {
        let arrival = party.result.arrival
        #expect(arrival == Arrival(index: index, phase: phase, isLast: index == count - 1))
      }
      #expect(barrier.waitingCount == 0)
      #expect(barrier.phase == phase + 1)
    }
  }

  /// rule 2
  @Test func noPartyLeavesBeforeAllHaveArrived() {
    let barrier = ThreadBarrier(parties: 4)
    let early = (0..<3).map { index in ThreadParticipant("early \(index)", at: barrier) { try barrier.wait() }
    }
    eventually { barrier.waitingCount == 3 }
    for party in early { party.waitUntilAsleep() }
    #expect(early.allSatisfy { !$0.hasLeft })
    #expect(barrier.phase == 0)
    let last = ThreadParticipant("last", at: barrier) { try barrier.wait() }
    expect(last.result, completed: 0, index: 3, of: barrier)
    for party in early { expect(party.result, completed: 0, of: barrier) }
  }

  /// rule 2, rule 3
  @Test(arguments: [2, 3, 16], [WaitStrategy.adaptive, .parking])
  func theSameThreadsCompleteManyPhases(count: Int, strategy: WaitStrategy) {
    let barrier = ThreadBarrier(parties: count, strategy: strategy)
    let all = onThreads(count, at: barrier) { _ in
      try (0..<200).map { _ in try barrier.wait() }
    }
    let arrivals = all.compactMap { try? $0.get() }
    #expect(arrivals.count == count)
    for phase in 0..<200 {
      #expect(arrivals.allSatisfy { $0[phase].phase == UInt64(phase) })
      #expect(arrivals.map { $0[phase].index }.sorted() == Array(0..<count))
      #expect(arrivals.count { $0[phase].isLast } == 1)
    }
    #expect(barrier.phase == 200)
  }

  /// rule 2
  @Test(arguments: [WaitStrategy.adaptive, .parking])
  func aFastPartyNeverLapsOneThatHasNotArrived(strategy: WaitStrategy) {
    let count = 4
    let barrier = ThreadBarrier(parties: count, strategy: strategy)
    let progress = (0..<count).map { _ in Counter() }
    let results = onThreads(count, at: barrier) { index in
      var lapped = 0
      for phase in 1...500 {
        progress[index].add()
        try barrier.wait()
        lapped += progress.count { $0.now < phase }
      }
      return lapped
    }
    #expect(results.allSatisfy { (try? $0.get()) == 0 })
  }

  /// rule 2
  @Test func laterPhasesDoNotWaitForAPartyThatLeavesLate() {
    let barrier = ThreadBarrier(parties: 3, strategy: .parking)
    let slow = ThreadParticipant("slow", at: barrier) { try barrier.wait() }
    eventually { barrier.waitingCount == 1 }
    slow.freeze()
    for phase in 0..<20 as Range<UInt64> {
      // Phase 0 needs only two more, because the slow party belongs to it.
      let outcomes = onThreads(phase == 0 ? 2 : 3, at: barrier) { _ in try barrier.wait() }
      for outcome in outcomes { expect(outcome, completed: phase, of: barrier) }
    }
    #expect(!slow.hasLeft)
    slow.thaw()
    expect(slow.result, completed: 0, index: 0, of: barrier)
  }

  /// rule 4
  @Test func aSurplusCallerJoinsTheNextPhase() {
    let gate = Gate()
    let barrier = ThreadBarrier(parties: 2) { phase in if phase == 0 { gate.pass() } }
    let pair = (0..<2).map { index in ThreadParticipant("pair", at: barrier) { try barrier.wait() }
    }
    eventually { gate.arrivals == 1 }
    let surplus = ThreadParticipant("surplus", at: barrier) { try barrier.wait() }
    surplus.waitUntilAsleep()
    #expect(barrier.waitingCount == 2)
    #expect(barrier.phase == 0)
    gate.open()
    for party in pair { expect(party.result, completed: 0, of: barrier) }
    eventually { barrier.waitingCount == 1 }
    #expect(!surplus.hasLeft)
    #expect(barrier.phase == 1)
    let partner = ThreadParticipant("partner", at: barrier) { try barrier.wait() }
    expect(partner.result, completed: 1, index: 1, of: barrier)
    expect(surplus.result, completed: 1, index: 0, of: barrier)
  }

  /// rule 4
  @Test(arguments: [(parties: 2, callers: 3), (parties: 3, callers: 8), (parties: 2, callers: 16)])
  func withSurplusCallersEachPhaseStillHasExactlyItsParties(parties: Int, callers: Int) {
    let barrier = ThreadBarrier(parties: parties)
    // Tickets make the number of calls a multiple of `parties`, so that every phase can complete.
    let tickets = Counter(parties * 300)
    let all = onThreads(callers, at: barrier) { _ in
      var outcomes: [Outcome] = []
      while tickets.add(-1) >= 0 { outcomes.append(Outcome { try barrier.wait() }) }
      return outcomes
    }
    let outcomes = all.flatMap { (try? $0.get()) ?? [] }
    #expect(outcomes.count == parties * 300)
    #expect(outcomes.allSatisfy { $0.arrival != nil })
    expectAllOrNone(outcomes, parties: parties)
    #expect(barrier.phase == 300)
  }

  /// rule 5
  @Test(arguments: [WaitStrategy.adaptive, .parking])
  func onePartyNeverBlocks(strategy: WaitStrategy) {
    let barrier = ThreadBarrier(parties: 1, strategy: strategy)
    let alone = ThreadParticipant("alone", at: barrier) {
      try (0..<1000).map { _ in try barrier.wait() } + [
        barrier.wait(timeout: .zero), barrier.wait(until: .now),
      ]
    }
    let arrivals = try? alone.result.get()
    #expect(arrivals == (0..<1002).map { Arrival(index: 0, phase: $0, isLast: true) })
  }
}
