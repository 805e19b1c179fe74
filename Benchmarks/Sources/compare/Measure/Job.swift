/// Phases for parties to go through, and the clock that takes their time.
final class Job: Sendable {
  let parties: Int
  let phases: Int
  private let workload: (any Workload)?
  private let timeline: Timeline?
  private let stopwatch = Stopwatch()

  /// Phases before the clock starts, for all parties to come up.
  private static let warmUp = 3

  /// A timeline takes down every arrival and departure. That takes time itself, so there is none where the phases' cost
  /// is measured.
  init(parties: Int, phases: Int, workload: (any Workload)?, timeline: Timeline? = nil) {
    self.parties = parties
    self.phases = phases
    self.workload = workload
    self.timeline = timeline
  }

  /// What the job cost, when it has been played.
  var cost: Cost { stopwatch.cost(of: phases) }

  /// Throws if the work that was done has a wrong result.
  func check() throws { try workload?.check() }

  func work(_ party: Int, in phase: Int) { workload?.work(party, in: phase) }

  /// The part of one party that is a thread.
  func play(_ party: Int, _ wait: () -> Void) {
    for _ in 0..<Self.warmUp { wait() }
    stopwatch.start()
    for phase in 0..<phases {
      workload?.work(party, in: phase)
      timeline?.arrive(party, phase)
      wait()
      timeline?.depart(party, phase)
    }
    stopwatch.stop()
  }

  /// The part of one party that is a task.
  func play(_ party: Int, _ wait: () async -> Void) async {
    for _ in 0..<Self.warmUp { await wait() }
    stopwatch.start()
    for phase in 0..<phases {
      workload?.work(party, in: phase)
      timeline?.arrive(party, phase)
      await wait()
      timeline?.depart(party, phase)
    }
    stopwatch.stop()
  }

  /// All the parties' parts, where nobody meets and each phase is begun and ended by one thread.
  func conduct(_ perform: (_ phase: Int) -> Void) {
    stopwatch.start()
    for phase in 0..<phases {
      perform(phase)
      timeline?.depart(0, phase)
    }
    stopwatch.stop()
  }

  /// The same, where it is one task.
  func conduct(_ perform: (_ phase: Int) async -> Void) async {
    stopwatch.start()
    for phase in 0..<phases {
      await perform(phase)
      timeline?.depart(0, phase)
    }
    stopwatch.stop()
  }
}
