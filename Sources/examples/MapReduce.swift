import Barriers
import Foundation
import Synchronization

/// Threads count words, and wait for one another between map and reduce.
///
/// For work in two stages, where the second needs all results of the first. Map: each worker takes one file
/// after another and divides the words it finds into as many shares as there are workers. Then the workers
/// wait for one another. Reduce: each worker adds up its share from all workers. A word is a run of letters,
/// in lower case.
///
/// If a worker cannot read a file, it throws; `abortOnError` frees the others, and the error names the file.
func mapReduceExample(_ arguments: [String]) throws {
  let files = try arguments.isEmpty ? ownDocuments() : arguments
  let workers = 4
  let texts = SharedBuffer(files.map { _ in "" })
  let counts = try countWords(in: files, keeping: texts, workers: workers)

  var expected = Counts()
  for text in texts.contents {
    forEachWord(in: text) { expected[$0, default: 0] += 1 }
  }
  try check(counts == expected, "one thread alone counts the same")

  say("  Files: \(files.count). Different words: \(counts.count)\(counts.isEmpty ? "." : ". Most frequent:")")
  for (word, count) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).prefix(6) {
    say("    \(word.padded(to: 12)) \(count)")
  }
  say("  \(workers) threads and one thread alone agree.")
}

private typealias Counts = [String: Int]

/// Counts on `workers` threads, and stores the files' texts in `texts`.
private func countWords(
  in files: [String], keeping texts: SharedBuffer<String>, workers: Int
) throws -> Counts {
  let nextFile = Atomic(0)
  let shares = SharedBuffer(Array(repeating: Array(repeating: Counts(), count: workers), count: workers))
  let barrier = ThreadBarrier(parties: workers, label: "map", timeout: .seconds(120)) { _ in
    let words = shares.contents.joined().map { $0.values.reduce(0, +) }.reduce(0, +)
    say("  map is done, with \(words) words; reduce begins")
  }

  let threads = startThreads(workers, named: "worker") { worker in
    try barrier.abortOnError {
      var divided = shares[worker]
      while case let file = nextFile.add(1, ordering: .relaxed).oldValue, file < files.count {
        texts[file] = try readText(files[file])
        forEachWord(in: texts[file]) { word in
          divided[Int(UInt(bitPattern: word.hashValue) % UInt(workers))][word, default: 0] += 1
        }
      }
      shares[worker] = divided
      try barrier.wait()  // all workers have mapped

      return shares.contents.reduce(into: Counts()) { sum, divided in
        sum.merge(divided[worker], uniquingKeysWith: +)
      }
    }
  }
  return try threads.join().reduce(into: Counts()) { all, share in
    all.merge(share) { _, _ in preconditionFailure("no word is in two shares") }
  }
}

private func forEachWord(in text: String, _ body: (String) -> Void) {
  var word = String.UnicodeScalarView()
  for scalar in text.lowercased().unicodeScalars {
    if scalar.isPartOfWord {
      word.append(scalar)
    } else if !word.isEmpty {
      body(String(word))
      word.removeAll()
    }
  }
  if !word.isEmpty { body(String(word)) }
}

extension Unicode.Scalar {
  /// A letter, or an accent that is a scalar of its own.
  fileprivate var isPartOfWord: Bool {
    isASCII
      ? ("a"..."z").contains(self)
      : properties.isAlphabetic || properties.canonicalCombiningClass != .notReordered
  }
}

/// The documents and sources of this package, or else of the current directory.
private func ownDocuments() throws -> [String] {
  let manager = FileManager.default
  var root = URL(fileURLWithPath: #filePath)
  for _ in 0..<3 { root.deleteLastPathComponent() }
  if !manager.fileExists(atPath: root.appendingPathComponent("Package.swift").path) {
    root = URL(fileURLWithPath: manager.currentDirectoryPath)
  }
  let sources = root.appendingPathComponent("Sources").path
  let names = (try? manager.contentsOfDirectory(atPath: root.path)) ?? []
  let sourceNames = (try? manager.subpathsOfDirectory(atPath: sources)) ?? []
  let paths = names.map { "\(root.path)/\($0)" } + sourceNames.map { "\(sources)/\($0)" }
  let documents = paths.filter { path in [".md", ".swift", ".h", ".c"].contains { path.hasSuffix($0) } }
  if documents.isEmpty { throw ExampleFailure("found no documents to count words in; name some files") }
  return documents.sorted()
}
