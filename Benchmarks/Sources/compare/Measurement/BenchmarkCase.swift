import Histogram

/// One implementation in one scenario with one number of parties, and the results of its runs so far.
struct BenchmarkCase {
  let scenario: Scenario
  let parties: Int
  let implementation: Implementation
  /// The least length of a run, in milliseconds.
  private let runLength: Int

  private(set) var costs: [Cost] = []
  /// How long single phases took, and how long from the last arrival to the last departure.
  private(set) var durations = Self.emptyHistogram()
  private(set) var releases = Self.emptyHistogram()
  /// The estimate of how many phases fill a run.
  private var phases: Int

  init(_ scenario: Scenario, parties: Int, _ implementation: Implementation, runLength: Int) {
    self.scenario = scenario
    self.parties = parties
    self.implementation = implementation
    self.runLength = runLength
    phases = scenario.fixedPhases ?? 10
  }

  private static func emptyHistogram() -> Histogram<UInt32> {
    Histogram(highestTrackableValue: 3_600_000_000_000, numberOfSignificantValueDigits: .two)
  }

  /// Adds one run, after as many as it takes to find out how many phases fill it.
  mutating func measure() async throws {
    switch implementation.method {
    case .externalProgram(let program):
      costs.append(try await program(parties, runLength))
    case .inProcess(let body):
      costs.append(try await cost(body))
      let timeline = Timeline(parties: parties, phases: timedPhases)
      try await perform(
        body, BenchmarkRun(parties: parties, phases: timedPhases, workload: workload, timeline: timeline))
      for duration in timeline.durations { durations.record(duration) }
      for release in timeline.releases { releases.record(release) }
    }
  }

  private var workload: (any Workload)? { scenario.workload(parties: parties) }

  private mutating func cost(_ body: (BenchmarkRun) async throws -> Void) async throws -> Cost {
    let targetLength = Double(runLength) * 1e6
    while true {
      let run = BenchmarkRun(parties: parties, phases: phases, workload: workload)
      try await perform(body, run)
      if scenario.fixedPhases != nil { return run.cost }
      let length = run.cost.wall * Double(phases)
      let factor = targetLength / max(length, 1)
      // The first run calibrates the number of phases. Later ones may be half as long as the target.
      if factor <= (costs.isEmpty ? 1 : 2) {
        if factor < 0.5 { phases = max(10, Int(Double(phases) * factor)) }
        return run.cost
      }
      phases = Int(Double(phases) * min(100, 1.3 * factor)) + 1
    }
  }

  /// A timestamp pair takes two words, so their number is limited to a million. Few phases show a tail as
  /// well as many.
  private var timedPhases: Int { scenario.fixedPhases ?? max(5, min(phases / 4, 2_000, 1_000_000 / parties)) }

  private func perform(_ body: (BenchmarkRun) async throws -> Void, _ run: BenchmarkRun) async throws {
    try await body(run)
    try run.check()
  }
}
