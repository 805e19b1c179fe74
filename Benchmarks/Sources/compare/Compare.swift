import ArgumentParser
import Foundation

/// Measures back-to-back phases of this library's barriers beside those of others.
@main
struct Compare: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare what a phase costs, back to back, at several barriers.",
    discussion: """
      All contenders run in turn within each round. A row states the medians over the rounds, and ratios to the \
      fastest barrier of others in this run that has as many parties.
      """)

  @Option(parsing: .upToNextOption, help: "How many threads or tasks meet.")
  var parties = [2, 4, 16, 64, 256, 1024]

  @Option(help: "How often each contender runs.")
  var rounds = 9

  @Option(parsing: .upToNextOption, help: "Only contenders whose names contain one of these.")
  var only: [String] = []

  @Option(help: "How long each run is, in milliseconds.")
  var milliseconds = 50

  @Option(help: "How many threads of another process keep processors busy meanwhile.")
  var busy = 0

  @Flag(help: "Also Python's asyncio.Barrier, if python3 is installed.")
  var withPython = false

  func validate() throws {
    guard (1...60_000).contains(milliseconds) else {
      throw ValidationError("--milliseconds must be from 1 to 60000, but is \(milliseconds).")
    }
    guard (0...64).contains(busy) else {
      throw ValidationError("--busy must be from 0 to 64, but is \(busy).")
    }
    guard rounds > 0 else {
      throw ValidationError("--rounds must be at least 1, but is \(rounds).")
    }
    if let wrong = parties.first(where: { !(2...100_000).contains($0) }) {
      throw ValidationError("--parties must be from 2 to 100000, but one is \(wrong).")
    }
    guard !contenders.isEmpty else {
      throw ValidationError("--only leaves nothing to measure: there are \(names(Contender.all)).")
    }
  }

  private var contenders: [Contender] {
    let all = Contender.all + (withPython ? [.asyncio] : [])
    return only.isEmpty
      ? all : all.filter { contender in only.contains { contender.name.contains($0) } }
  }

  private func names(_ contenders: [Contender]) -> String {
    contenders.map(\.name).joined(separator: ", ")
  }

  func run() async throws {

    print("processors: \(usableProcessors), rounds: \(rounds), busy threads: \(busy)")
    let load = try Load(threads: busy)
    defer { load.end() }
    Table.printHead()
    for count in parties {
      let contenders = contenders.filter { count <= $0.maxParties }
      var costs = [[Cost]](repeating: [], count: contenders.count)
      for _ in 0..<rounds {
        for (index, contender) in contenders.enumerated() {
          let cost = try await Run.$length.withValue(Double(milliseconds) * 1e6) {
            try await contender.measure(count)
          }
          costs[index].append(cost)
        }
      }
      let rows = zip(contenders, costs.map(Cost.median))
      let best = rows.filter { $0.0.isPeer }.min { $0.1.wall < $1.1.wall }?.1
      for (contender, cost) in rows { Table.printRow(contender.name, count, cost, best: best) }
      fflush(nil)
    }
  }
}
