import Foundation
import Testing

@testable import Barriers

/// Whatever happens in the same instant, a phase has one outcome for all its parties.
///
/// Each test runs its races again and again for a second, or for as long as `BARRIERS_STRESS_SECONDS` says.
struct RaceTests {
  /// rule 1, rule 9, rule 12, rule 13, rule 14
  @Test(arguments: Event.pairs, [WaitStrategy.adaptive, .parking])
  func twoEventsInTheSameInstantHaveOneOutcome(events: [Event], strategy: WaitStrategy) {
    stress(share: Event.pairs.count * 2) { _ in
      let races = (0..<20).map { _ in Race(events, strategy: strategy) }
      let shown = Counter()  // how many of the races the crew may run
      let crew = (0..<Race.crew).map { index in
        ThreadParticipant("racer \(index) of \(events)") {
          for (number, race) in races.enumerated() {
            while shown.now <= number { sched_yield() }
            race.takePart(index)
          }
        }
      }
      for race in races {
        // Before, in and after the moment in which all the others have fallen asleep.
        race.prepare(delay: .microseconds(Int.random(in: 0...300)))
        shown.add()
        expectAllOrNone(race.settle(), parties: Race.parties)
      }
      for racer in crew { _ = racer.result }
    }
  }

  /// rule 14: a timeout may win or lose against the last arrival, but never for some of them only.
  @Test(arguments: [2, 3, 8])
  func aTimeoutThatRacesTheLastArrivalHasOneWinnerForEverybody(count: Int) {
    stress { round in
      let barrier = ThreadBarrier(parties: count)
      let outcomes = crew(of: count, at: barrier) { index in
        // About as long as it takes to start the threads: so either may be first.
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
