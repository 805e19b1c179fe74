import ArgumentParser

/// What happens between and beside the phases.
enum Scenario: String, CaseIterable, Codable, ExpressibleByArgument {
  case phases, busy1, busy2, straggler, uneven, heat, words

  var title: String {
    switch self {
    case .phases: "phases back to back"
    case .busy1: "phases back to back, beside one busy process"
    case .busy2: "phases back to back, beside two busy processes"
    case .straggler: "one party works 300 µs a phase"
    case .uneven: "every party works 0 to 60 µs a phase"
    case .heat: "heat on a plate of 128 × 128 points"
    case .words: "words of pages of 1 000, by map and reduce"
    }
  }

  /// How many threads or tasks meet, unless told otherwise.
  var parties: [Int] {
    switch self {
    case .phases: [2, 4, 16, 64, 256, 1024, 10_000]
    case .busy1, .busy2: [2, 4, 16, 64]
    case .straggler, .uneven: [2, 4, 16]
    case .heat, .words: [2, 4]
    }
  }

  var busyProcesses: Int {
    switch self {
    case .busy1: 1
    case .busy2: 2
    default: 0
    }
  }

  /// Milliseconds that a run takes at least. It must be many of the scheduler's time slices, and longer than it takes to
  /// spread new threads over the processors: some 100 ms, where they do not sleep.
  var runLength: Int {
    switch self {
    case .phases: 250
    case .busy1, .busy2: 120
    default: 50
    }
  }

  /// How many phases a run has, where that is given by the work.
  var fixedPhases: Int? {
    switch self {
    case .heat: Heat.phases
    case .words: WordCount.phases
    default: nil
    }
  }

  /// Whether it says something of this contender. A thread that only spins is a limit only where nobody has any work, and
  /// programs of other languages have none.
  func suits(_ contender: Contender) -> Bool {
    switch (contender.kind, contender.method) {
    case (.limit, _): self == .phases
    case (_, .program): [.phases, .busy1, .busy2].contains(self)
    default: true
    }
  }

  func makeWorkload(parties: Int) -> (any Workload)? {
    switch self {
    case .phases, .busy1, .busy2: nil
    case .straggler: Straggler()
    case .uneven: Uneven()
    case .heat: Heat(parties: parties)
    case .words: WordCount(parties: parties)
    }
  }
}
