import Foundation
import Testing

@testable import Barriers

/// How threads, Dispatch work items and tasks complete phases together, as equal parties.
struct MixedPhaseTests {
  /// rule 3, rule 20
  @Test(arguments: ArrivalOrder.all)
  func indicesFollowTheOrderOfArrival(order: ArrivalOrder) {
    let barrier = ThreadBarrier(parties: order.count)
    for phase in 0..<3 as Range<UInt64> { expectArrivals(of: order, at: barrier, phase: phase) }
    #expect(barrier.waitingCount == 0)
    #expect(barrier.phase == 3)
  }

  /// rule 2, rule 20
  @Test(arguments: ArrivalOrder.all)
  func noPartyLeavesBeforeAllHaveArrived(order: ArrivalOrder) {
    let barrier = ThreadBarrier(parties: order.count)
    let early = order.startAllButLast(at: barrier)
    #expect(early.allSatisfy { !$0.hasLeft })
    #expect(barrier.waitingCount == order.count - 1)
    #expect(barrier.phase == 0)
    expect(order.startLast(at: barrier).result, completed: 0, of: barrier)
    for participant in early { expect(participant.result, completed: 0, of: barrier) }
  }

  /// rule 1, rule 2, rule 3, rule 20
  @Test(arguments: ArrivalOrder.all)
  func theSamePartiesCompleteManyPhases(order: ArrivalOrder) {
    let barrier = ThreadBarrier(parties: order.count)
    let participants = order.kinds.map { kind in
      kind.repeatingParticipant(at: barrier) { $0.count < 100 ? .defaultTimeout : nil }
    }
    let outcomes = participants.map { (try? $0.result.get()) ?? [] }
    for phase in 0..<100 as Range<UInt64> {
      for outcomes in outcomes { #expect(outcomes[Int(phase)].arrival?.phase == phase) }
    }
    expectAllOrNone(outcomes.flatMap(\.self), parties: order.count)
    #expect(barrier.phase == 100)
  }

  /// rule 2, rule 20
  @Test(arguments: ArrivalOrder.all)
  func aFastPartyNeverLapsOneThatHasNotArrived(order: ArrivalOrder) {
    let barrier = ThreadBarrier(parties: order.count)
    let progress = order.kinds.map { _ in Counter() }
    let lapped = Counter()
    let participants = order.kinds.enumerated().map { index, kind in
      kind.repeatingParticipant(at: barrier) { soFar in
        lapped.add(progress.count { $0.now < soFar.count })
        progress[index].add()
        return soFar.count < 100 ? .defaultTimeout : nil
      }
    }
    for participant in participants { #expect((try? participant.result.get())?.count == 100) }
    #expect(lapped.now == 0)
  }

  /// rule 4, rule 20
  @Test(arguments: ArrivalOrder.all)
  func withSurplusCallersEachPhaseStillHasExactlyItsParties(order: ArrivalOrder) {
    let barrier = ThreadBarrier(parties: 2)
    let tickets = Counter(2 * 200)
    let participants = order.kinds.map { kind in
      kind.repeatingParticipant(at: barrier) { _ in tickets.add(-1) >= 0 ? .defaultTimeout : nil }
    }
    let outcomes = participants.flatMap { (try? $0.result.get()) ?? [] }
    #expect(outcomes.count == 400)
    #expect(outcomes.allSatisfy { $0.arrival != nil })
    expectAllOrNone(outcomes, parties: 2)
    #expect(barrier.phase == 200)
  }

  /// rule 4
  @Test(arguments: ArrivalOrder.all, ParticipantKind.allCases)
  func aSurplusCallerJoinsTheNextPhase(order: ArrivalOrder, kind: ParticipantKind) {
    let gate = Gate()
    let barrier = ThreadBarrier(parties: order.count) { phase in if phase == 0 { gate.pass() } }
    let early = order.startAllButLast(at: barrier)
    let last = order.startLast(at: barrier)
    eventually { gate.arrivals == 1 }
    let surplus = kind.participant("surplus", at: barrier)
    eventually { barrier.callers == order.count + 1 }
    surplus.waitUntilAsleep()
    #expect(barrier.waitingCount == order.count)
    gate.open()
    for participant in early + [last] { expect(participant.result, completed: 0, of: barrier) }
    eventually { barrier.waitingCount == 1 }
    surplus.waitUntilAsleep()
    #expect(!surplus.hasLeft)
    #expect(barrier.phase == 1)
    let others = order.kinds.dropFirst().map { $0.participant(at: barrier) }
    for participant in others { expect(participant.result, completed: 1, of: barrier) }
    expect(surplus.result, completed: 1, index: 0, of: barrier)
  }

  /// rule 5
  @Test(arguments: ParticipantKind.allCases)
  func onePartyNeverWaits(kind: ParticipantKind) {
    let barrier = ThreadBarrier(parties: 1)
    let alone = kind.repeatingParticipant("alone", at: barrier) { soFar in
      switch soFar.count {
      case ..<100: .defaultTimeout
      case 100: .timeout(.zero)
      case 101: .until(.now)
      default: nil
      }
    }
    let arrivals = (try? alone.result.get())?.map(\.arrival)
    #expect(arrivals == (0..<102).map { Arrival(index: 0, phase: $0, isLast: true) })
  }
}
