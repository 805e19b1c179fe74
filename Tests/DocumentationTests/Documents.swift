import Foundation

/// The package's files, by their paths from its root.
enum Package {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func url(of file: String) -> URL { root.appending(path: file) }

  static func text(of file: String) throws -> String {
    try String(contentsOf: url(of: file), encoding: .utf8)
  }

  static func lines(of file: String) throws -> [String] {
    try text(of: file).components(separatedBy: "\n")
  }

  /// The files that may contain documentation, in alphabetical order.
  static func files(ending: String) -> [String] {
    let inFolders = ["Sources", "Benchmarks"].flatMap { folder in
      let paths = FileManager.default.enumerator(atPath: url(of: folder).path)?.allObjects as? [String]
      return (paths ?? []).filter { !$0.contains(".build") }.map { "\(folder)/\($0)" }
    }
    return (inFolders + ["README.md", "CONTRIBUTING.md"]).filter { $0.hasSuffix(ending) }.sorted()
  }
}

/// A code sample: a block that is marked as Swift, in a Markdown file or in a doc comment of the library.
struct Sample {
  /// The document that contains it, as a path from the package's root.
  let file: String
  /// Its code: see ``code(of:)``.
  let lines: [String]

  var text: String { lines.joined(separator: "\n") }

  /// All samples of all documents.
  static func all() throws -> [Sample] {
    let sources = Package.files(ending: ".swift").filter { $0.hasPrefix("Sources/Barriers/") }
    return try (Package.files(ending: ".md") + sources).flatMap { file in
      var lines = try Package.lines(of: file)
      if file.hasSuffix(".swift") { lines = lines.compactMap(docComment) }
      return blocks(in: lines).map { Sample(file: file, lines: code(of: $0)) }
    }
  }

  /// The lines without comments, imports and empty lines, and with single spaces after the indentation.
  static func code(of lines: [String]) -> [String] {
    lines.compactMap { line in
      let words = line.replacing(#/(^|\s+)//.*$/#, with: "").split(separator: " ")
      guard let first = words.first, first != "import" else { return nil }
      return line.prefix { $0 == " " } + words.joined(separator: " ")
    }
  }

  private static func docComment(_ line: String) -> String? {
    let comment = line.drop { $0 == " " }
    guard comment.hasPrefix("///") else { return nil }
    return String(comment.dropFirst(comment.hasPrefix("/// ") ? 4 : 3))
  }

  private static func blocks(in lines: [String]) -> [[String]] {
    var blocks: [[String]] = []
    var block: [String]?
    for line in lines {
      if line == "```swift" {
        block = []
      } else if line == "```", let complete = block {
        blocks.append(complete)
        block = nil
      } else {
        block?.append(line)
      }
    }
    return blocks
  }
}
