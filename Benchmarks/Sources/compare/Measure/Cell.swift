import Histogram

/// One contender in one scenario with so many parties, and what its runs have shown so far.
struct Cell {
  let scenario: Scenario
  let parties: Int
  let contender: Contender

  private(set) var costs: [Cost] = []
  /// What single phases took, and how long it took from the last arrival to the last departure.
  private(set) var durations = Self.makeHistogram()
  private(set) var releases = Self.makeHistogram()
  /// As many phases as fill a run, as far as is known.
  private var phases: Int

  init(_ scenario: Scenario, parties: Int, _ contender: Contender) {
    self.scenario = scenario
    self.parties = parties
    self.contender = contender
    phases = scenario.fixedPhases ?? 10
  }

  private static func makeHistogram() -> Histogram<UInt32> {
    Histogram(highestTrackableValue: 3_600_000_000_000, numberOfSignificantValueDigits: .two)
  }

  /// Runs once more. Ahead of it, as often as it takes to find out how many phases fill a run.
  mutating func measure() async throws {
    switch contender.method {
    case .program(let run):
      costs.append(try await run(parties, scenario.runLength))
    case .job(let run):
      costs.append(try await cost(run))
      let timeline = Timeline(parties: parties, phases: timedPhases)
      try await play(run, Job(parties: parties, phases: timedPhases, workload: workload, timeline: timeline))
      for duration in timeline.durations { durations.record(duration) }
      for release in timeline.releases { releases.record(release) }
    }
  }

  private var workload: (any Workload)? { scenario.makeWorkload(parties: parties) }

  private mutating func cost(_ run: (Job) async throws -> Void) async throws -> Cost {
    let wanted = Double(scenario.runLength) * 1e6
    while true {
      let job = Job(parties: parties, phases: phases, workload: workload)
      try await play(run, job)
      if scenario.fixedPhases != nil { return job.cost }
      let length = job.cost.wall * Double(phases)
      let factor = wanted / max(length, 1)
      // The first run only shows how many phases to take. Later ones need not be quite as long as wanted.
      if factor <= (costs.isEmpty ? 1 : 2) {
        if factor < 0.5 { phases = max(10, Int(Double(phases) * factor)) }
        return job.cost
      }
      phases = Int(Double(phases) * min(100, 1.3 * factor)) + 1
    }
  }

  /// A moment is two words: a million of them are enough, and few phases show a tail as well as many.
  private var timedPhases: Int { scenario.fixedPhases ?? max(5, min(phases / 4, 2_000, 1_000_000 / parties)) }

  private func play(_ run: (Job) async throws -> Void, _ job: Job) async throws {
    try await run(job)
    try job.check()
  }
}
