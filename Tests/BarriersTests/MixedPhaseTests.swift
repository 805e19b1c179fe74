import Foundation
import Testing

@testable import Barriers

/// Threads, Dispatch work items and tasks are equal parties: how they meet.
struct MixedPhaseTests {
  /// rule 3, rule 20
  @Test(arguments: Mixture.all)
  func placesAreGivenInTheOrderOfArrival(mixture: Mixture) {
    let barrier = ThreadBarrier(parties: mixture.count)
    for phase in 0..<3 as Range<UInt64> { expectMeeting(of: mixture, at: barrier, phase: phase) }
    #expect(barrier.waitingCount == 0)
    #expect(barrier.phase == 3)
  }

  /// rule 2, rule 20
  @Test(arguments: Mixture.all)
  func nobodyPassesBeforeAllHaveArrived(mixture: Mixture) {
    let barrier = ThreadBarrier(parties: mixture.count)
    let early = mixture.early(at: barrier)
    #expect(early.allSatisfy { !$0.hasLeft })
    #expect(barrier.waitingCount == mixture.count - 1)
    #expect(barrier.phase == 0)
    expect(mixture.last(at: barrier).result, completed: 0, of: barrier)
    for guest in early { expect(guest.result, completed: 0, of: barrier) }
  }

  /// rule 1, rule 2, rule 3, rule 20
  @Test(arguments: Mixture.all)
  func theSamePartiesMeetAgainAndAgain(mixture: Mixture) {
    let barrier = ThreadBarrier(parties: mixture.count)
    let regulars = mixture.kinds.map { kind in
      kind.regular(at: barrier) { $0.count < 100 ? .own : nil }
    }
    let outcomes = regulars.map { (try? $0.result.get()) ?? [] }
    for phase in 0..<100 as Range<UInt64> {
      for outcomes in outcomes { #expect(outcomes[Int(phase)].arrival?.phase == phase) }
    }
    expectAllOrNone(outcomes.flatMap(\.self), parties: mixture.count)
    #expect(barrier.phase == 100)
  }

  /// rule 2, rule 20: a fast party never laps one that has not arrived.
  @Test(arguments: Mixture.all)
  func nobodyIsLapped(mixture: Mixture) {
    let barrier = ThreadBarrier(parties: mixture.count)
    let progress = mixture.kinds.map { _ in Counter() }
    let lapped = Counter()
    let regulars = mixture.kinds.enumerated().map { index, kind in
      kind.regular(at: barrier) { soFar in
        lapped.add(progress.count { $0.now < soFar.count })
        progress[index].add()
        return soFar.count < 100 ? .own : nil
      }
    }
    for regular in regulars { #expect((try? regular.result.get())?.count == 100) }
    #expect(lapped.now == 0)
  }

  /// rule 4, rule 20
  @Test(arguments: Mixture.all)
  func withMoreCallersThanPartiesEachPhaseStillHasItsPartiesAndOneLast(mixture: Mixture) {
    let barrier = ThreadBarrier(parties: 2)
    let tickets = Counter(2 * 200)
    let regulars = mixture.kinds.map { kind in
      kind.regular(at: barrier) { _ in tickets.add(-1) >= 0 ? .own : nil }
    }
    let outcomes = regulars.flatMap { (try? $0.result.get()) ?? [] }
    #expect(outcomes.count == 400)
    #expect(outcomes.allSatisfy { $0.arrival != nil })
    expectAllOrNone(outcomes, parties: 2)
    #expect(barrier.phase == 200)
  }

  /// rule 4
  @Test(arguments: Mixture.all, Kind.allCases)
  func aSurplusCallerJoinsTheNextPhase(mixture: Mixture, kind: Kind) {
    let gate = Gate()
    let barrier = ThreadBarrier(parties: mixture.count) { phase in if phase == 0 { gate.pass() } }
    let early = mixture.early(at: barrier)
    let last = mixture.last(at: barrier)
    eventually { gate.visitors == 1 }
    let surplus = kind.participant("surplus", at: barrier)
    eventually { barrier.callers == mixture.count + 1 }
    surplus.fallsAsleep()
    #expect(barrier.waitingCount == mixture.count)
    gate.open()
    for guest in early + [last] { expect(guest.result, completed: 0, of: barrier) }
    eventually { barrier.waitingCount == 1 }
    surplus.fallsAsleep()
    #expect(!surplus.hasLeft)
    #expect(barrier.phase == 1)
    let others = mixture.kinds.dropFirst().map { $0.participant(at: barrier) }
    for guest in others { expect(guest.result, completed: 1, of: barrier) }
    expect(surplus.result, completed: 1, index: 0, of: barrier)
  }

  /// rule 5
  @Test(arguments: Kind.allCases)
  func onePartyNeverWaits(kind: Kind) {
    let barrier = ThreadBarrier(parties: 1)
    let alone = kind.regular("alone", at: barrier) { soFar in
      switch soFar.count {
      case ..<100: .own
      case 100: .timeout(.zero)
      case 101: .until(.now)
      default: nil
      }
    }
    let arrivals = (try? alone.result.get())?.map(\.arrival)
    #expect(arrivals == (0..<102).map { Arrival(index: 0, phase: $0, isLast: true) })
  }
}
