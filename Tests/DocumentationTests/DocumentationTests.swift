import Barriers
import Foundation
import Testing

/// The documentation says what is so.
struct DocumentationTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  // MARK: The samples

  @Test func samplesRun() async throws {
    try theFirstExample()
    theLandingPagesExample()
    theBarriersOwnExample()
    try await theAsyncBarriersOwnExample()
    try teams()
    _ = Simulation(workers: 2)
    try await threadsAndTasks()
    grantingATime()
    try memory()
    let alone = ThreadBarrier(parties: 1)
    try theOneWhoIsLast(at: alone)
    try participating(in: alone, [1, 2, 3])
    reporting(stallsOf: alone)
    lookingAt(alone)
    alone.abort()
    reading(anErrorOf: alone)
  }

  /// Word for word, but for spaces and imports.
  @Test func everySampleIsAmongThoseThatRun() throws {
    let samples = try lines(of: "Tests/DocumentationTests/Samples.swift")
    var count = 0
    for (file, blocks) in try documents() {
      for block in blocks {
        count += 1
        let runs = samples.indices.contains { samples[$0...].starts(with: block) }
        #expect(runs, "\(file) has a sample that does not run:\n\(block.joined(separator: "\n"))")
      }
    }
    #expect(count >= 15, "\(count) samples were found")
  }

  /// A link in the README or in an article leads to a file that is there.
  @Test func everyLinkToAFileLeadsThere() throws {
    var count = 0
    for file in try files(ending: ".md") {
      for match in try text(of: file).matches(of: #/\]\((?!https?:)([^)#\s]+)\)/#) {
        count += 1
        let target = Self.root.appending(path: file).deletingLastPathComponent().appending(
          path: String(match.1))
        #expect(FileManager.default.fileExists(atPath: target.path), "\(file) links to \(match.1)")
      }
    }
    #expect(count >= 5, "\(count) links were found")
  }

  /// What the README says can be run is there.
  @Test func everyRuleOfTheContractIsInTheRulesOnce() throws {
    let rules = try text(of: "Sources/Barriers/Barriers.docc/Rules.md")
    let numbers = rules.matches(of: #/(?m)^(\d+)\. /#).compactMap { Int($0.1) }
    #expect(numbers == Array(1...31))
  }

  // MARK: Reading

  private func text(of file: String) throws -> String {
    try String(contentsOf: Self.root.appending(path: file), encoding: .utf8)
  }

  private func lines(of file: String) throws -> [String] {
    significant(try text(of: file).components(separatedBy: "\n"))
  }

  private func significant(_ lines: [String]) -> [String] {
    lines.map { $0.split(separator: " ").joined(separator: " ") }.filter {
      !$0.isEmpty && !$0.hasPrefix("import ")
    }
  }

  private func files(ending: String) throws -> [String] {
    let folders = ["Sources", "Benchmarks"].flatMap { folder in
      (FileManager.default.enumerator(atPath: Self.root.appending(path: folder).path)?.allObjects as? [String]
        ?? [])
        .filter { !$0.contains(".build") }.map { "\(folder)/\($0)" }
    }
    return (folders + ["README.md", "CONTRIBUTING.md"]).filter { $0.hasSuffix(ending) }
  }

  /// The blocks of Swift in each document: of Markdown files, and of the comments of the library's sources.
  private func documents() throws -> [(String, [[String]])] {
    try (files(ending: ".md") + files(ending: ".swift").filter { $0.hasPrefix("Sources/Barriers/") }).map {
      file in
      var lines = try text(of: file).components(separatedBy: "\n").map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      if file.hasSuffix(".swift") {
        lines = lines.filter { $0.hasPrefix("///") }.map { String($0.dropFirst(3)) }
      }
      var blocks: [[String]] = []
      var block: [String]?
      for line in lines {
        let mark = line.trimmingCharacters(in: .whitespaces)
        if mark == "```swift" {
          block = []
        } else if mark == "```", let done = block {
          blocks.append(significant(done))
          block = nil
        } else {
          block?.append(line)
        }
      }
      return (file, blocks)
    }
  }
}
