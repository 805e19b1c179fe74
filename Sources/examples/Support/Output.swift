import Foundation

/// A wrong result, or an input that cannot be used. The program ends with exit code 1.
struct ExampleFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// An invalid command line. The program ends with exit code 2.
struct UsageError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Throws an ``ExampleFailure`` with the expectation unless the condition holds.
func check(_ condition: Bool, _ expectation: @autoclosure () -> String) throws {
  if !condition { throw ExampleFailure("expected, but not true: \(expectation())") }
}

/// Keeps lines whole when two threads print at the same time.
private let terminal = NSLock()

/// Prints a line, from any thread.
func say(_ line: String = "") {
  terminal.withLock {
    print(line)
    fflush(nil)  // keeps the order with standard error, even in a pipe
  }
}

/// Prints a line to standard error.
func complain(_ line: String) {
  FileHandle.standardError.write(Data("examples: \(line)\n".utf8))
}

/// The text of a file, which must be UTF-8.
func readText(_ path: String) throws -> String {
  let data: Data
  do {
    data = try Data(contentsOf: URL(fileURLWithPath: path))
  } catch {
    throw ExampleFailure("cannot read \(path): \(problem(withFileAt: path))")
  }
  guard let text = String(validating: data, as: UTF8.self) else {
    throw ExampleFailure("cannot read \(path): it is not UTF-8 text")
  }
  return text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
}

/// Why a file could not be read, in simpler words than Foundation's.
private func problem(withFileAt path: String) -> String {
  var isDirectory: ObjCBool = false
  let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
  if !exists { return "it does not exist" }
  return isDirectory.boolValue ? "it is a directory" : "it is not a regular file, or access is denied"
}

extension String {
  /// The string, padded with spaces to at least `width` characters.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}

extension Duration {
  /// `1.2 s`
  var seconds: String { String(format: "%.1f s", self / .seconds(1)) }

  /// `12.3 ms`
  var milliseconds: String { String(format: "%.1f ms", self / .milliseconds(1)) }

  /// `12.3 µs`
  var microseconds: String { String(format: "%.1f µs", self / .microseconds(1)) }
}
