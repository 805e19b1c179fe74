import ArgumentParser
import Foundation

/// Measures this library's barriers, other barriers, and alternatives to barriers, in turn.
@main
struct Compare: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure what a phase costs at several barriers, in several scenarios.",
    discussion: """
      Each round measures all implementations in turn. A row of a table states medians over the rounds:

        ns/phase  wall-clock nanoseconds per phase
        CPU ns    CPU nanoseconds per phase, of all threads together
        ratio     to the best peer: the fastest other barrier that blocks threads
        p99 ns    99 of 100 phases take less
        release   median nanoseconds from the last arrival to the last departure
        switches  context switches per phase

      p99 and release come from separate runs, in which every party reads the clock twice per phase.
      """)

  @Option(
    name: .customLong("scenario"), parsing: .upToNextOption,
    help: ArgumentHelp("The scenarios to measure. (default: all)", valueName: "scenario"))
  var scenarios: [Scenario] = []

  @Option(
    parsing: .upToNextOption,
    help: "How many parties, threads or tasks, to measure with. (default: depends on the scenario)")
  var parties: [Int] = []

  @Option(
    help: """
      How often to measure each implementation. Goals are judged only with \(Goal.leastRounds) or more. \
      (default: \(Self.defaultRounds))
      """)
  var rounds: Int?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Only implementations whose names contain one of these.", valueName: "name"))
  var only: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Also the barriers of these languages, if installed.", valueName: "language"))
  var with: [Language] = []

  @Flag(
    help: """
      A first impression within seconds: phases back to back, few parties, one short round, no goals.
      """)
  var quick = false

  @Option(help: ArgumentHelp("Measure nothing; show the report that --json wrote.", valueName: "file"))
  var from: String?

  @Option(help: ArgumentHelp("Write the report to this file.", valueName: "file"))
  var json: String?

  @Option(help: ArgumentHelp("Write charts to this folder, as SVG.", valueName: "folder"))
  var charts: String?

  private static let defaultRounds = 3
  private static let quickParties = [2, 4, 16]
  private static let quickRunLength = 50

  func validate() throws {
    if let rounds, rounds < 1 { throw ValidationError("--rounds must be at least 1, but is \(rounds).") }
    if let invalid = parties.first(where: { !(2...100_000).contains($0) }) {
      throw ValidationError("--parties must be from 2 to 100000, but one is \(invalid).")
    }
    if quick && (!scenarios.isEmpty || rounds != nil) {
      throw ValidationError("--quick measures one scenario in one round: omit --scenario and --rounds.")
    }
    if let from {
      let isMeasuring =
        quick || rounds != nil || !scenarios.isEmpty || !parties.isEmpty || !only.isEmpty || !with.isEmpty
      if isMeasuring {
        throw ValidationError("--from measures nothing: combine it with --json and --charts only.")
      }
      if !FileManager.default.isReadableFile(atPath: from) {
        throw ValidationError("--from cannot read \(from).")
      }
    }
    if let json { try validateOutput("--json", json, mustBeFolder: false) }
    if let charts { try validateOutput("--charts", charts, mustBeFolder: true) }
  }

  /// Finds what would prevent the output before the measurement, which takes minutes.
  private func validateOutput(_ option: String, _ path: String, mustBeFolder: Bool) throws {
    let files = FileManager.default
    var isFolder: ObjCBool = false
    if files.fileExists(atPath: path, isDirectory: &isFolder) {
      if isFolder.boolValue != mustBeFolder {
        throw ValidationError("\(option) needs a \(mustBeFolder ? "folder" : "file"), which \(path) is not.")
      }
      guard files.isWritableFile(atPath: path) else {
        throw ValidationError("\(option) cannot write to \(path).")
      }
    } else {
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
      guard files.isWritableFile(atPath: folder) else {
        throw ValidationError("\(option) cannot create \(path): \(folder) is missing or not writable.")
      }
    }
  }

  func run() async throws {
    let report = if let from { try show(from) } else { try await measure() }
    try json.map(report.write)
    try charts.map { try Charts(report).write(to: $0) }
  }

  // MARK: A report from a file

  private func show(_ path: String) throws -> Report {
    let report: Report
    do {
      report = try Report(contentsOf: path)
    } catch {
      throw ValidationError("--from cannot read \(path): it is not a report that --json wrote.")
    }
    Terminal.printWrapped("\(report.machine)")
    for scenario in Scenario.allCases {
      let results = Dictionary(grouping: report.results.filter { $0.scenario == scenario }, by: \.parties)
      for (index, results) in results.sorted(by: { $0.key < $1.key }).map(\.value).enumerated() {
        show(results, withTitle: index == 0)
      }
    }
    showSummary(of: report)
    return report
  }

  // MARK: A measurement

  private func measure() async throws -> Report {
    let folder = FileManager.default.temporaryDirectory.appending(path: "barriers-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let plan = try plan(for: try await implementations(compiledInto: folder))
    let rounds = quick ? 1 : rounds ?? Self.defaultRounds

    var report = Report(machine: .current, rounds: rounds)
    var progress = Progress(total: plan.count * rounds)
    Terminal.printWrapped("\(report.machine)")
    for cases in plan {
      let results = BenchmarkResult.all(of: try await measured(cases, rounds: rounds, &progress))
      progress.clear()
      show(results, withTitle: report.results.last?.scenario != results[0].scenario)
      report.results += results
    }
    if !quick { report.constructionCosts = ConstructionCost.measure() }
    if rounds >= Goal.leastRounds { report.goals = Goal.all(in: report.results, report.constructionCosts) }
    showSummary(of: report)
    return report
  }

  private func implementations(compiledInto folder: URL) async throws -> [Implementation] {
    var all = Implementation.all
    for language in Language.allCases where with.contains(language) {
      let programs = try await language.implementations(in: folder)
      if programs.isEmpty { Terminal.printError("\(language.rawValue) is not installed, so it is left out.") }
      all += programs
    }
    for part in only where !all.contains(where: { $0.name.localizedCaseInsensitiveContains(part) }) {
      let names = all.map(\.name).joined(separator: ", ")
      throw ValidationError("--only \(part) matches none of the implementations: \(names).")
    }
    return all.filter { implementation in
      only.isEmpty || only.contains { implementation.name.localizedCaseInsensitiveContains($0) }
    }
  }

  /// The cases to measure in turn, for each scenario and number of parties.
  private func plan(for implementations: [Implementation]) throws -> [[BenchmarkCase]] {
    let scenarios =
      quick ? [.phases] : Scenario.allCases.filter { self.scenarios.isEmpty || self.scenarios.contains($0) }
    let plan = scenarios.flatMap { scenario in
      counts(in: scenario).map { count in
        implementations.filter { count <= $0.maxParties && scenario.supports($0) }.map {
          BenchmarkCase(
            scenario, parties: count, $0, runLength: quick ? Self.quickRunLength : scenario.runLength)
        }
      }
    }.filter { !$0.isEmpty }
    guard !plan.isEmpty else {
      throw ValidationError(
        "Nothing to measure: no selected implementation supports this scenario with so many parties.")
    }
    return plan
  }

  private func counts(in scenario: Scenario) -> [Int] {
    if !parties.isEmpty { return Set(parties).sorted() }
    return quick ? Self.quickParties : scenario.parties
  }

  /// Measures the cases in turn, round by round.
  private func measured(
    _ cases: [BenchmarkCase], rounds: Int, _ progress: inout Progress
  ) async throws -> [BenchmarkCase] {
    var cases = cases
    for _ in 0..<rounds {
      progress.step(cases[0])
      try await withBusyProcesses(cases[0].scenario.busyProcesses) {
        for index in cases.indices { try await cases[index].measure() }
      }
    }
    return cases
  }

  // MARK: Output

  private func show(_ results: [BenchmarkResult], withTitle: Bool) {
    if withTitle {
      print()
      Terminal.printWrapped(results[0].scenario.title)
    }
    print("\n\(results[0].parties.grouped) parties")
    Table.show(results)
    fflush(nil)
  }

  private func showSummary(of report: Report) {
    if !report.constructionCosts.isEmpty {
      print("\ncreating and destroying a barrier")
      Table.show(report.constructionCosts)
    }
    if !report.goals.isEmpty {
      print("\ngoals")
      Table.show(report.goals)
    }
  }
}
