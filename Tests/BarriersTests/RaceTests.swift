import Foundation
import Testing

@testable import Barriers

/// Whatever happens at the same instant, a phase has one outcome for all its parties.
///
/// Each test repeats its races for one second, or for `BARRIERS_STRESS_SECONDS`.
struct RaceTests {
  /// rule 1, rule 9, rule 12, rule 13, rule 14
  @Test(arguments: Event.pairs, [WaitStrategy.adaptive, .parking])
  func twoEventsAtTheSameInstantHaveOneOutcome(events: [Event], strategy: WaitStrategy) {
    stress(share: Event.pairs.count * 2) { _ in
      let races = (0..<20).map { _ in Race(events, strategy: strategy) }
      let started = Counter()  // how many races the threads may run
      let threads = (0..<Race.threads).map { index in
        ThreadParticipant("racer \(index) of \(events)") {
          for (number, race) in races.enumerated() {
            while started.now <= number { sched_yield() }
            race.takePart(index)
          }
        }
      }
      for race in races {
        // Before, at and after the moment at which all other parties have fallen asleep.
        race.prepare(delay: .microseconds(Int.random(in: 0...300)))
        started.add()
        expectAllOrNone(race.waitForOutcomes(), parties: Race.parties)
      }
      for thread in threads { _ = thread.result }
    }
  }

  /// rule 14: the timeout may win or lose against the last arrival, but it does so for all parties.
  @Test(arguments: [2, 3, 8])
  func aTimeoutThatRacesTheLastArrivalHasOneWinnerForAll(count: Int) {
    stress { round in
      let barrier = ThreadBarrier(parties: count)
      let outcomes = onThreads(count, at: barrier) { index in
        // About as long as it takes to start the threads, so that either may be first.
        try barrier.wait(timeout: .microseconds(index == 0 ? round % 50 * 4 * count : 1 << 40))
      }
      expectAllOrNone(outcomes, parties: count)
      let broken = outcomes.compactMap(\.barrierError)
      #expect(broken.isEmpty || broken.count == count)
      #expect(broken.allSatisfy { $0.reason == .timedOut && $0.arrived < count })
      #expect(barrier.isBroken == !broken.isEmpty)
      #expect(outcomes[0].barrierError?.isOrigin != false)
    }
  }
}
