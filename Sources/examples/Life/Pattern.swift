/// An error in the text of a pattern, with its line.
struct RLEError: Error, CustomStringConvertible {
  let line: Int
  let problem: String

  var description: String { "line \(line): \(problem)" }
}

/// A pattern of Life, in the RLE format, in which such patterns are exchanged:
///
///     #C a comment
///     x = 3, y = 3, rule = B3/S23
///     bo$2bo$3o!
///
/// The header is followed by runs of dead cells `b`, live cells `o` and row ends `$`. A count precedes each
/// run, unless it is 1. A `!` ends the pattern; the rest of the file is ignored. Blanks, line breaks and
/// comment lines may be anywhere.
struct Pattern: Equatable {
  /// Adjacent live cells.
  struct Run: Equatable {
    let row: Int
    let columns: Range<Int>
  }

  let width: Int
  let height: Int
  let runs: [Run]

  init(rle text: String) throws(RLEError) {
    var reader = RLEReader()
    var number = 0
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      number += 1
      do throws(Problem) {
        try reader.read(line)
      } catch {
        throw RLEError(line: number, problem: error.text)
      }
      if reader.isAtEnd { break }
    }
    guard let header = reader.header else { throw RLEError(line: number, problem: "there is no header") }
    guard reader.isAtEnd else { throw RLEError(line: number, problem: "there is no ! at the end") }
    (width, height, runs) = (header.width, header.height, reader.runs)
  }
}

private struct Problem: Error {
  let text: String
}

/// Reads a pattern line by line.
private struct RLEReader {
  private(set) var header: (width: Int, height: Int)?
  private(set) var runs: [Pattern.Run] = []
  private(set) var isAtEnd = false
  private var (row, column) = (0, 0)
  /// The digits of a run's count that have been read so far.
  private var count: Int?

  private static let maxCount = 1_000_000
  private static let maxSide = 1_000

  mutating func read(_ line: Substring) throws(Problem) {
    if line.hasPrefix("#r ") { return try checkRule(line.dropFirst(3)) }
    if line.hasPrefix("#") || line.allSatisfy(\.isWhitespace) { return }
    guard header != nil else { return try readHeader(line) }
    for character in line where !character.isWhitespace && !isAtEnd {
      try read(character)
    }
  }

  private mutating func read(_ character: Character) throws(Problem) {
    if character.isASCII, let digit = character.wholeNumberValue {
      let value = (count ?? 0) * 10 + digit
      guard value <= Self.maxCount else { throw Problem(text: "a count is larger than \(Self.maxCount)") }
      count = value
      return
    }
    let quoted = String(character).debugDescription
    if count == 0 { throw Problem(text: "the count before \(quoted) is 0") }
    switch character {
    case "b": column += count ?? 1
    case "o": try addRun(count ?? 1)
    case "$": (row, column) = (row + (count ?? 1), 0)
    case "!":
      if let count { throw Problem(text: "there is a count of \(count) before the !") }
      isAtEnd = true
    default: throw Problem(text: "\(quoted) is none of b, o, $, ! and digits")
    }
    count = nil
  }

  private mutating func addRun(_ length: Int) throws(Problem) {
    guard let header else { return }
    guard row < header.height else {
      throw Problem(text: "row \(row + 1) has live cells, but the header says y = \(header.height)")
    }
    guard column + length <= header.width else {
      let end = column + length
      throw Problem(text: "row \(row + 1) has \(end) cells or more, but the header says x = \(header.width)")
    }
    runs.append(Pattern.Run(row: row, columns: column..<column + length))
    column += length
  }

  private mutating func readHeader(_ line: Substring) throws(Problem) {
    let fields = line.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false).map { field in
      field.split(separator: "=", maxSplits: 1).map { $0.trimmed }
    }
    guard fields.count >= 2, fields.allSatisfy({ $0.count == 2 }),
      fields.map({ $0[0] }) == Array(["x", "y", "rule"].prefix(fields.count)),
      let width = Int(fields[0][1]), let height = Int(fields[1][1]), width >= 0, height >= 0
    else {
      let found = String(line.prefix(40)).debugDescription
      throw Problem(text: "a header like \"x = 36, y = 9, rule = B3/S23\" is expected here, not \(found)")
    }
    if fields.count == 3 { try checkRule(fields[2][1]) }
    guard max(width, height) <= Self.maxSide else {
      throw Problem(text: "\(width) × \(height) cells are too many here: \(Self.maxSide) a side at most")
    }
    header = (width, height)
  }

  /// The names of the rule of Life.
  private func checkRule(_ rule: some StringProtocol) throws(Problem) {
    let rule = rule.trimmed
    guard ["b3/s23", "s23/b3", "23/3", "life"].contains(rule.lowercased()) else {
      throw Problem(text: "the rule is \(rule.debugDescription), but only B3/S23 is supported")
    }
  }
}

extension StringProtocol {
  fileprivate var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }),
      let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }
}
