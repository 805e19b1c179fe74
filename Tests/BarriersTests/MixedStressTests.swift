import Testing

@testable import Barriers

/// All at once, with many tasks and threads on few processors. `BARRIERS_STRESS_SECONDS` tells how long.
struct MixedStressTests {
  static let crowds = [
    Crowd(parties: 2, threads: 1, tasks: 1), Crowd(parties: 4, threads: 0, tasks: 4),
    Crowd(parties: 8, threads: 3, tasks: 5), Crowd(parties: 3, threads: 4, tasks: 8),
    Crowd(parties: 2, threads: 0, tasks: 7), Crowd(parties: 40, threads: 4, tasks: 36),
  ]

  /// rule 1, rule 2, rule 3, rule 4, rule 20
  @Test(arguments: crowds)
  func phasesThatNobodyDisturbsAllComplete(crowd: Crowd) {
    stress(share: Self.crowds.count) { _ in
      let barrier = ThreadBarrier(parties: crowd.parties)
      let phases = 1 + 2_000 / (crowd.threads + crowd.tasks)
      let outcomes = crowd.meet(phases: phases, at: barrier)
      #expect(outcomes.count == crowd.parties * phases)
      #expect(outcomes.allSatisfy { $0.arrival != nil })
      expectAllOrNone(outcomes, parties: crowd.parties)
      #expect(barrier.phase == phases)
    }
  }

  /// rule 1, rule 3, rule 4, rule 8, rule 9, rule 12, rule 13, rule 14, rule 18, rule 19, rule 20
  @Test(arguments: crowds)
  func allOrNoneHoldsWhileEverythingHappens(crowd: Crowd) {
    stress(share: Self.crowds.count) { _ in
      let barrier = ThreadBarrier(parties: crowd.parties) { phase in
        if phase.isMultiple(of: 7) { throw Fault("action of phase \(phase)") }
      }
      expectAllOrNone(crowd.runChaos(at: barrier), parties: crowd.parties)
      #expect(barrier.isBroken)
    }
  }
}
