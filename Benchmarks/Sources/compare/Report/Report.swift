import Foundation

/// The results of one invocation of the command. `--json` writes it, and `--from` reads it.
struct Report: Codable {
  let machine: Machine
  let rounds: Int
  var results: [BenchmarkResult] = []
  var constructionCosts: [ConstructionCost] = []
  var goals: [Goal] = []

  init(machine: Machine, rounds: Int) {
    self.machine = machine
    self.rounds = rounds
  }

  init(contentsOf path: String) throws {
    self = try JSONDecoder().decode(Report.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }

  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(self).write(to: URL(fileURLWithPath: path))
  }
}

/// The result of one benchmark case: a row of a table. Times are nanoseconds per phase.
struct BenchmarkResult: Codable {
  let scenario: Scenario
  let parties: Int
  let implementation: String
  let kind: Implementation.Kind
  /// Medians over the runs. CPU time is that of all threads together.
  let wall: Double
  let cpu: Double?
  /// Context switches per phase.
  let switches: Double?
  /// The 99th percentile of a phase's duration.
  let p99: Double?
  /// The median time from the last arrival to the last departure.
  let release: Double?
  /// Relative to the best peer: of the other barriers that block as many threads, the fastest.
  var wallRatio: Double?
  var cpuRatio: Double?

  private init(_ benchmark: BenchmarkCase) {
    scenario = benchmark.scenario
    parties = benchmark.parties
    implementation = benchmark.implementation.name
    kind = benchmark.implementation.kind
    wall = median(benchmark.costs.map(\.wall))!
    cpu = median(benchmark.costs.compactMap(\.cpu))
    switches = median(benchmark.costs.compactMap(\.switches))
    p99 =
      benchmark.durations.totalCount == 0 ? nil : Double(benchmark.durations.valueAtPercentile(99))
    release = benchmark.releases.totalCount == 0 ? nil : Double(benchmark.releases.valueAtPercentile(50))
  }

  /// The results of cases that were measured in turn, with their ratios.
  static func all(of cases: [BenchmarkCase]) -> [BenchmarkResult] {
    let results = cases.map(BenchmarkResult.init)
    guard let best = results.filter({ $0.kind == .peer }).min(by: { $0.wall < $1.wall }) else {
      return results
    }
    return results.map { result in
      var result = result
      result.wallRatio = result.wall / best.wall
      result.cpuRatio = result.cpu.flatMap { cpu in best.cpu.map { cpu / $0 } }
      return result
    }
  }
}

/// The machine that the results were measured on.
struct Machine: Codable, CustomStringConvertible {
  let processor: String
  let usableProcessors: Int
  let system: String

  static var current: Machine {
    let information = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
    let model = information?.split(separator: "\n").first { $0.hasPrefix("model name") }
    var names = utsname()
    uname(&names)
    return Machine(
      processor: model?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
        ?? "unknown",
      usableProcessors: compare.usableProcessors,
      system: "\(text(names.sysname)) \(text(names.release)) \(text(names.machine))")
  }

  private static func text<Characters>(_ characters: Characters) -> String {
    withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  var description: String { "\(usableProcessors) usable processors, \(processor), \(system)" }
}
