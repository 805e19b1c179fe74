import ArgumentParser
import Foundation

/// Measures this library's barriers beside those of others.
@main
struct Compare: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare what a phase costs at several barriers, in several situations.",
    discussion: """
      All contenders run in turn within each round. A row states the medians over the rounds, and ratios to the best \
      peer: the fastest barrier of others that blocks as many threads, in this run. "p99" is what 99 of 100 phases \
      take less than; "release" is what passes from the last arrival to the last departure, in half of the \
      phases: both from runs of their own, in which every party reads the clock twice a phase.
      """)

  @Option(
    name: .customLong("scenario"), parsing: .upToNextOption,
    help: ArgumentHelp("What happens between and beside the phases.", valueName: "scenario"))
  var scenarios = Scenario.allCases

  @Option(
    parsing: .upToNextOption, help: "How many threads or tasks meet. (default: depends on the scenario)")
  var parties: [Int] = []

  @Option(help: "How often each contender runs.")
  var rounds = 3

  @Option(parsing: .upToNextOption, help: "Only contenders whose names contain one of these.")
  var only: [String] = []

  @Option(parsing: .upToNextOption, help: "Also the barriers of these languages, if they are installed.")
  var with: [Language] = []

  @Flag(help: "A first impression: back to back, few parties, one round.")
  var quick = false

  @Option(help: ArgumentHelp("Write all figures to this file, as JSON.", valueName: "file"))
  var json: String?

  @Option(help: ArgumentHelp("Write charts into this folder, as SVG.", valueName: "folder"))
  var charts: String?

  func validate() throws {
    guard rounds > 0 else { throw ValidationError("--rounds must be at least 1, but is \(rounds).") }
    if let wrong = parties.first(where: { !(2...100_000).contains($0) }) {
      throw ValidationError("--parties must be from 2 to 100000, but one is \(wrong).")
    }
    for path in [json, charts].compactMap({ $0 })
    where !FileManager.default.fileExists(atPath: folder(of: path)) {
      throw ValidationError("There is no folder \(folder(of: path)) to write \(path) into.")
    }
  }

  private func folder(of path: String) -> String {
    URL(fileURLWithPath: path).deletingLastPathComponent().path
  }

  func run() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "barriers-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let contenders = try await contenders(compiledInto: folder)
    let plans = scenarios.flatMap { scenario in
      counts(in: scenario).map { count in
        contenders.filter { takesPart($0, in: scenario, parties: count) }.map {
          Cell(scenario, parties: count, $0)
        }
      }
    }.filter { !$0.isEmpty }
    guard !plans.isEmpty else {
      let names = Contender.all.map(\.name).joined(separator: ", ")
      throw ValidationError("Nothing is left to measure. Contenders are: \(names).")
    }
    let rounds = quick ? 1 : rounds
    var report = Report(machine: .current, rounds: rounds)
    var progress = Progress(total: plans.count * rounds)
    print(report.machine)
    for plan in plans {
      let rows = Row.rows(of: try await measured(plan, rounds: rounds, &progress))
      progress.clear()
      if report.rows.last?.scenario != rows[0].scenario { print("\n\(rows[0].scenario.title)") }
      Table.show(rows)
      fflush(nil)
      report.rows += rows
    }
    report.making = Making.measure()
    report.goals = Goal.all(in: report.rows, report.making)
    print("\nmaking a barrier and letting it go, in nanoseconds")
    Table.show(report.making)
    print("\ngoals")
    Table.show(report.goals)
    try json.map(report.write)
    try charts.map { try Charts(report).write(into: $0) }
  }

  private func contenders(compiledInto folder: URL) async throws -> [Contender] {
    var contenders = Contender.all
    for language in with {
      let programs = try await language.contenders(in: folder)
      if programs.isEmpty { print("\(language.rawValue) is not installed, and left out") }
      contenders += programs
    }
    return contenders.filter { contender in
      only.isEmpty || only.contains { contender.name.localizedCaseInsensitiveContains($0) }
    }
  }

  private func counts(in scenario: Scenario) -> [Int] {
    if !parties.isEmpty { return parties }
    return quick ? scenario.parties.filter { $0 <= 64 } : scenario.parties
  }

  private func takesPart(_ contender: Contender, in scenario: Scenario, parties: Int) -> Bool {
    parties <= contender.maxParties && scenario.suits(contender)
  }

  /// Measures the cells in turn, round by round.
  private func measured(_ plan: [Cell], rounds: Int, _ progress: inout Progress) async throws -> [Cell] {
    var cells = plan
    for _ in 0..<rounds {
      progress.step(cells[0])
      try await besideBusyProcesses(plan[0].scenario.busyProcesses) {
        for index in cells.indices { try await cells[index].measure() }
      }
    }
    return cells
  }
}
