import Barriers
import Foundation
import Testing

/// The documentation's samples compile and run, its links lead to files, and its rules are complete.
struct DocumentationTests {
  @Test func everySampleRuns() async throws {
    readmeThreads()
    await readmeTasks()
    landingPage()
    threadBarrier()
    try await asyncBarrier()
    try team()
    _ = Simulation(workers: 2)
    try await threadsAndTasks()
    setTimeout()
    try memoryOrdering()
    let alone = ThreadBarrier(parties: 1)
    try lastArrival(at: alone)
    try abortOnError(at: alone, parts)
    reportStalls(of: alone)
    takeSnapshot(of: alone)
    alone.abort()
    readError(of: alone)
    try await readErrorOfTask(at: alone)
  }

  /// Word for word, except for comments, imports and spaces.
  @Test func everySampleIsAmongThoseThatRun() throws {
    let running = trimmed(Sample.code(of: try Package.lines(of: "Tests/DocumentationTests/Samples.swift")))
    let samples = try Sample.all()
    for sample in samples {
      let lines = trimmed(sample.lines)
      let runs = running.indices.contains { running[$0...].starts(with: lines) }
      #expect(runs, "Samples.swift does not have this sample of \(sample.file):\n\(sample.text)")
    }
    #expect(samples.count >= 15, "found only \(samples.count) samples")
  }

  @Test func everySampleIsCompiledInClosures() throws {
    let expected = SampleClosures.source(for: try Sample.all())
    let compiled = try? Package.text(of: SampleClosures.file)
    if compiled == expected { return }
    if ProcessInfo.processInfo.environment[SampleClosures.variable] == nil {
      Issue.record(
        """
        \(SampleClosures.file) does not have the samples that the documents have now. To write it again: \
        \(SampleClosures.variable)=1 swift test --filter DocumentationTests
        """)
    } else {
      try expected.write(to: Package.url(of: SampleClosures.file), atomically: true, encoding: .utf8)
      Issue.record("\(SampleClosures.file) has been written. Run the tests again: that compiles it.")
    }
  }

  /// In a function, the `catch` of a plain `do` sees the type of the error. In a closure it sees only
  /// `any Error`. A task may get errors of two types, and matches them.
  @Test func everyCatchNamesItsErrorType() throws {
    for sample in try Sample.all()
    where sample.text.contains("catch ") && !sample.text.contains("catch let error as BrokenBarrierError") {
      #expect(
        !sample.text.contains("do {"),
        "Write `do throws(BrokenBarrierError) {` in this sample of \(sample.file):\n\(sample.text)")
    }
  }

  @Test func everyLinkToAFileLeadsToOne() throws {
    var count = 0
    for file in Package.files(ending: ".md") {
      for match in try Package.text(of: file).matches(of: #/\]\((?!https?:)([^)#\s]+)\)/#) {
        count += 1
        let target = Package.url(of: file).deletingLastPathComponent().appending(path: String(match.1))
        #expect(FileManager.default.fileExists(atPath: target.path), "\(file) links to \(match.1)")
      }
    }
    #expect(count >= 5, "found only \(count) links")
  }

  @Test func theRulesAreNumberedWithoutGaps() throws {
    let rules = try Package.text(of: "Sources/Barriers/Barriers.docc/Rules.md")
    let numbers = rules.matches(of: #/(?m)^(\d+)\. /#).compactMap { Int($0.1) }
    #expect(numbers == Array(1...31))
  }

  private func trimmed(_ lines: [String]) -> [String] {
    lines.map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
