import Foundation
import TextTable

/// The width of the output, and messages that are not part of it.
enum Terminal {
  /// `COLUMNS` if set, else the width of the terminal, else 80.
  static let width: Int = {
    if let columns = ProcessInfo.processInfo.environment["COLUMNS"].flatMap({ Int($0) }), columns > 0 {
      return columns
    }
    var size = winsize()
    return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }()

  static func printError(_ message: String) {
    FileHandle.standardError.write(Data("\(message)\n".utf8))
  }

  /// Prints text with line breaks between words, so that it fits the width.
  static func printWrapped(_ text: String) {
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty && line.count + 1 + word.count > width {
        print(line)
        line = ""
      }
      line += line.isEmpty ? "\(word)" : " \(word)"
    }
    print(line)
  }
}

/// One line on standard error that says what is being measured. Silent if standard error is no terminal.
struct Progress {
  private let total: Int
  private var done = 0
  private let isTerminal = isatty(STDERR_FILENO) == 1

  init(total: Int) { self.total = total }

  mutating func step(_ benchmark: BenchmarkCase) {
    done += 1
    let text = "\(done) of \(total): \(benchmark.scenario.title), \(benchmark.parties.grouped) parties"
    write(String(text.prefix(Terminal.width - 1)))
  }

  /// Clears the line before other text is printed.
  func clear() { write("") }

  private func write(_ text: String) {
    if isTerminal { FileHandle.standardError.write(Data("\r\u{1b}[K\(text)".utf8)) }
  }
}

/// Tables that fit the terminal.
enum Table {
  static func show(_ results: [BenchmarkResult]) {
    show([
      ("barrier", results.map(\.implementation)),
      ("ns/phase", results.map(\.wall.grouped)),
      ("ratio", results.map { $0.wallRatio?.ratio ?? "" }),
      ("CPU ns", results.map { $0.cpu?.grouped ?? "" }),
      ("ratio", results.map { $0.cpuRatio?.ratio ?? "" }),
      ("p99 ns", results.map { $0.p99?.grouped ?? "" }),
      ("release", results.map { $0.release?.grouped ?? "" }),
      ("switches", results.map { $0.switches?.ratio ?? "" }),
    ])
  }

  static func show(_ costs: [ConstructionCost]) {
    show([("barrier", costs.map(\.barrier)), ("ns", costs.map(\.nanoseconds.grouped))])
  }

  static func show(_ goals: [Goal]) {
    show([
      ("goal, parties", goals.map { "\($0.name), \($0.parties == 0 ? "all" : $0.parties.grouped)" }),
      ("measured", goals.map(\.measured.ratio)),
      ("at most", goals.map(\.limit.ratio)),
      ("result", goals.map { $0.isReached ? "reached" : "MISSED" }),
    ])
  }

  /// Prints columns, the first with names, the others with figures. Omits empty columns. If the table is too
  /// wide, it becomes several tables that repeat the first column.
  private static func show(_ columns: [(title: String, values: [String])]) {
    let names = columns[0]
    var figures = columns.dropFirst().filter { $0.values.contains { !$0.isEmpty } }
    func table(_ count: Int) -> String {
      TextTable<Int> { row in
        [Column(title: names.title, value: names.values[row])]
          + figures.prefix(count).map { Column(title: $0.title, value: $0.values[row], align: .right) }
      }.string(for: Array(names.values.indices)) ?? ""
    }
    var separator = ""
    while !figures.isEmpty {
      let fitting = (1...figures.count).last {
        table($0).split(separator: "\n").allSatisfy { $0.count <= Terminal.width }
      }
      print(separator + table(fitting ?? 1), terminator: "")
      separator = "\n"
      figures.removeFirst(fitting ?? 1)
    }
  }
}

extension Int {
  /// With thousands separators.
  var grouped: String { formatted(.number.locale(Locale(identifier: "en_US"))) }
}

extension Double {
  /// Rounded to an integer, with thousands separators.
  var grouped: String { decimal(places: 0) }

  /// Two decimal places, three for small values, none for large ones.
  var ratio: String { decimal(places: self < 0.1 ? 3 : self < 100 ? 2 : 0) }

  func decimal(places: Int) -> String {
    formatted(.number.precision(.fractionLength(places)).locale(Locale(identifier: "en_US")))
  }
}
