import ArgumentParser
import Subprocess

/// What the parties do between phases, and what else runs meanwhile.
enum Scenario: String, CaseIterable, Codable, ExpressibleByArgument {
  case phases, busy1, busy2, straggler, uneven, heat, words

  var title: String {
    switch self {
    case .phases: "phases back to back"
    case .busy1: "phases back to back, beside one busy process"
    case .busy2: "phases back to back, beside two busy processes"
    case .straggler: "one party works 300 µs per phase"
    case .uneven: "every party works 0 to 60 µs per phase"
    case .heat: "heat equation on 128 × 128 points"
    case .words: "word count by map and reduce, 1,000 words per page"
    }
  }

  /// Shown in the help text.
  var defaultValueDescription: String { title }

  /// The default numbers of parties.
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

  /// The least length of a run, in milliseconds. It must cover many time slices of the scheduler. Back to
  /// back it must exceed the 100 ms or so that the system needs to spread threads that do not sleep over the
  /// processors.
  var runLength: Int {
    switch self {
    case .phases: 250
    case .busy1, .busy2: 120
    default: 50
    }
  }

  /// The number of phases in a run, if the workload fixes it.
  var fixedPhases: Int? {
    switch self {
    case .heat: Heat.phases
    case .words: WordCount.phases
    default: nil
    }
  }

  /// Whether to measure the implementation. Spinning is a lower bound only if the parties have no work, and
  /// programs in other languages have no workloads.
  func supports(_ implementation: Implementation) -> Bool {
    switch (implementation.kind, implementation.method) {
    case (.limit, _): self == .phases
    case (_, .externalProgram): [.phases, .busy1, .busy2].contains(self)
    default: true
    }
  }

  func workload(parties: Int) -> (any Workload)? {
    switch self {
    case .phases, .busy1, .busy2: nil
    case .straggler: Straggler()
    case .uneven: Uneven()
    case .heat: Heat(parties: parties)
    case .words: WordCount(parties: parties)
    }
  }
}

/// Runs `body` while `count` processes each keep a processor busy.
///
/// Each of them ends by itself soon after this process is gone.
func withBusyProcesses<Result: Sendable>(
  _ count: Int, _ body: () async throws -> Result
) async throws -> Result {
  guard count > 0 else { return try await body() }
  let loop = """
    while kill -0 $PPID; do
      i=0
      while [ $i -lt 100000 ]; do i=$((i+1)); done
    done
    """
  return try await run(
    .name("sh"), arguments: ["-c", loop], input: .none, output: .discarded, error: .discarded
  ) { process in
    // SIGKILL, because the process may have inherited a mask that blocks other signals.
    defer { try? process.send(signal: .kill) }
    return try await withBusyProcesses(count - 1, body)
  }.closureResult
}
