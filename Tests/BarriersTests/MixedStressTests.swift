import Testing

@testable import Barriers

/// Many tasks and threads on few processors. `BARRIERS_STRESS_SECONDS` sets how long each test runs.
struct MixedStressTests {
  static let workloads = [
    Workload(parties: 2, threads: 1, tasks: 1), Workload(parties: 4, threads: 0, tasks: 4),
    Workload(parties: 8, threads: 3, tasks: 5), Workload(parties: 3, threads: 4, tasks: 8),
    Workload(parties: 2, threads: 0, tasks: 7), Workload(parties: 40, threads: 4, tasks: 36),
  ]

  /// rule 1, rule 2, rule 3, rule 4, rule 20
  @Test(arguments: workloads)
  func undisturbedPhasesAllComplete(workload: Workload) {
    stress(share: Self.workloads.count) { _ in
      let barrier = ThreadBarrier(parties: workload.parties)
      let phases = 1 + 2_000 / (workload.threads + workload.tasks)
      let outcomes = workload.runPhases(phases, at: barrier)
      #expect(outcomes.count == workload.parties * phases)
      #expect(outcomes.allSatisfy { $0.arrival != nil })
      expectAllOrNone(outcomes, parties: workload.parties)
      #expect(barrier.phase == phases)
    }
  }

  /// rule 1, rule 3, rule 4, rule 8, rule 9, rule 12, rule 13, rule 14, rule 18, rule 19, rule 20
  @Test(arguments: workloads)
  func allOrNoneHoldsDuringChaos(workload: Workload) {
    stress(share: Self.workloads.count) { _ in
      let barrier = ThreadBarrier(parties: workload.parties) { phase in
        if phase.isMultiple(of: 7) { throw Fault("action of phase \(phase)") }
      }
      expectAllOrNone(workload.runChaos(at: barrier), parties: workload.parties)
      #expect(barrier.isBroken)
    }
  }
}
