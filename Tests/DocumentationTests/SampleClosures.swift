/// Writes the source file that compiles each sample again, inside the closures into which users paste it.
///
/// Code that compiles in a function may fail in a closure: there, the `catch` of a plain `do` sees only
/// `any Error`.
///
/// The file is part of the repository, and a test fails if it differs from the documents. So the build itself
/// compiles it, with the same options as everything else. A test that ran `swiftc` would have to find a
/// compiler and the built modules, for each build system, configuration and platform.
enum SampleClosures {
  static let file = "Tests/DocumentationTests/SamplesInClosures.swift"
  static let variable = "BARRIERS_WRITE_SAMPLES"

  /// The text of the file. A sample that several documents share appears once, under the first of them.
  static func source(for samples: [Sample]) -> String {
    var known: Set<[String]> = []
    let distinct = samples.filter { known.insert($0.lines).inserted }
    let files = distinct.map(\.file).reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
    return header
      + files.map { file in type(compiling: distinct.filter { $0.file == file }, of: file) }
      .joined(separator: "\n")
  }

  private static let header = """
    // swift-format-ignore-file
    // Each sample of the documentation, compiled inside closures. To write this file again:
    //
    //     BARRIERS_WRITE_SAMPLES=1 swift test --filter DocumentationTests
    //
    // If a sample does not compile, correct it in the document that is named above it, empty this file, and
    // write it again.

    import Barriers
    import Foundation


    """

  private static func type(compiling samples: [Sample], of file: String) -> String {
    let all = samples.enumerated().flatMap { number, sample in
      functions(compiling: sample, named: "sample\(number + 1)")
    }
    return "// \(file)\n" + block("enum SamplesOf\(name(of: file)) {", all.joined(separator: "\n\n")) + "\n"
  }

  /// One function for each kind of closure. None of them runs.
  private static func functions(compiling sample: Sample, named name: String) -> [String] {
    let body = sample.text + use(ofConstantsIn: sample.text)
    if sample.text.contains("await ") {
      return ["static func \(name)InATask() " + block("{", block("_ = Task {", body))]
    }
    // A sample that catches errors must catch all of them.
    let throwsNothing = sample.text.contains("catch ") ? body : block("attempt {", body)
    let thread = block("Thread.detachNewThread {", throwsNothing)
    let team = block("try withThreadTeam(size: 1) { member in", body)
    return [
      "static func \(name)OnAThread() " + block("{", thread),
      "static func \(name)InATeam() throws " + block("{", team),
    ]
  }

  private static func block(_ opening: String, _ body: String) -> String {
    "\(opening)\n\(indented(body))\n}"
  }

  /// Prevents warnings for constants that the sample only declares.
  private static func use(ofConstantsIn text: String) -> String {
    text.matches(of: #/(?m)^let (\w+)/#).map { "\n_ = \($0.1)" }.joined()
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? "" : "  \($0)" }.joined(separator: "\n")
  }

  /// `WaitStrategy` for `Sources/Barriers/WaitStrategy.swift`.
  private static func name(of file: String) -> String {
    let path = file.replacing("Sources/Barriers/", with: "").split(separator: ".").dropLast().joined()
    return path.filter { $0.isLetter || $0.isNumber }
  }
}
