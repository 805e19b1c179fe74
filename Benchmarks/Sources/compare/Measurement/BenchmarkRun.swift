/// One run: the phases that the parties go through, and the clock that times them.
final class BenchmarkRun: Sendable {
  let parties: Int
  let phases: Int
  private let workload: (any Workload)?
  private let timeline: Timeline?
  private let stopwatch = Stopwatch()

  /// Phases before the clock starts, so that all parties are running.
  private static let warmUpPhases = 3

  /// A timeline records every arrival and departure. That takes time, so a run that measures the cost of a
  /// phase has none.
  init(parties: Int, phases: Int, workload: (any Workload)?, timeline: Timeline? = nil) {
    self.parties = parties
    self.phases = phases
    self.workload = workload
    self.timeline = timeline
  }

  /// The cost of a phase, once the run has ended.
  var cost: Cost { stopwatch.cost(phases: phases) }

  /// Throws if the workload's result is wrong.
  func check() throws { try workload?.check() }

  func work(_ party: Int, in phase: Int) { workload?.work(party, in: phase) }

  /// Runs all phases of one party that is a thread.
  func runParty(_ party: Int, _ wait: () -> Void) {
    for _ in 0..<Self.warmUpPhases { wait() }
    stopwatch.start()
    for phase in 0..<phases {
      workload?.work(party, in: phase)
      timeline?.recordArrival(party, phase)
      wait()
      timeline?.recordDeparture(party, phase)
    }
    stopwatch.stop()
  }

  /// Runs all phases of one party that is a task.
  func runParty(_ party: Int, _ wait: () async -> Void) async {
    for _ in 0..<Self.warmUpPhases { await wait() }
    stopwatch.start()
    for phase in 0..<phases {
      workload?.work(party, in: phase)
      timeline?.recordArrival(party, phase)
      await wait()
      timeline?.recordDeparture(party, phase)
    }
    stopwatch.stop()
  }

  /// Runs all phases from one thread, where `body` runs all parties' work of a phase.
  func runPhases(_ body: (_ phase: Int) -> Void) {
    stopwatch.start()
    for phase in 0..<phases {
      body(phase)
      timeline?.recordDeparture(0, phase)
    }
    stopwatch.stop()
  }

  /// Runs all phases from one task, where `body` runs all parties' work of a phase.
  func runPhases(_ body: (_ phase: Int) async -> Void) async {
    stopwatch.start()
    for phase in 0..<phases {
      await body(phase)
      timeline?.recordDeparture(0, phase)
    }
    stopwatch.stop()
  }
}
