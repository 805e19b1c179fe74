import Foundation

/// One line on the terminal that says what is going on; none if nobody watches.
struct Progress {
  private let total: Int
  private var done = 0
  private let isWatched = isatty(2) == 1

  init(total: Int) { self.total = total }

  mutating func step(_ cell: Cell) {
    done += 1
    let text = "\(done) of \(total): \(cell.scenario.title), \(cell.parties) parties, \(cell.contender.name)"
    say(String(text.prefix(100)))
  }

  /// Clears the line, for other text to be printed.
  func clear() { say("") }

  private func say(_ text: String) {
    if isWatched { FileHandle.standardError.write(Data("\r\u{1b}[K\(text)".utf8)) }
  }
}
