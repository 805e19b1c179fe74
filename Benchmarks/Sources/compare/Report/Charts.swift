import Foundation

/// The figures of a report as pictures: what a phase costs over the number of parties, and how the contenders of each
/// other scenario compare.
struct Charts {
  private let report: Report

  init(_ report: Report) { self.report = report }

  func write(into folder: String) throws {
    let folder = URL(fileURLWithPath: folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for scenario in Scenario.allCases {
      let rows = report.rows.filter { $0.scenario == scenario }
      guard !rows.isEmpty else { continue }
      let picture = scenario == .phases ? lines(rows) : bars(rows, scenario)
      let file = folder.appending(path: "\(scenario.rawValue).svg")
      try picture.write(to: file, atomically: true, encoding: .utf8)
    }
  }

  // MARK: Cost over parties

  /// One line a contender, on logarithmic axes, with the contenders' names beside it from the dearest to the cheapest.
  private func lines(_ rows: [Row]) -> String {
    let (left, top, width, height) = (64.0, 56.0, 470.0, 420.0)
    let parties = rows.map { Double($0.parties) }
    let costs = rows.map { $0.wall / Double($0.parties) }
    let x = LogarithmicAxis(
      parties.min()!...max(parties.max()!, 2 * parties.min()!), from: left, to: left + width)
    let y = LogarithmicAxis(
      decade(costs.min()!, .down)...decade(costs.max()!, .up), from: top + height, to: top)

    var picture = Picture(width: 800, height: 530)
    picture.text(report.title(.phases), x: left - 48, y: 22, style: "title")
    picture.text("nanoseconds a party and phase, over the number of parties", x: left - 48, y: 42)
    for value in y.decades {
      picture.line(x1: left, y1: y[value], x2: left + width, y2: y[value], style: "grid")
      picture.text(short(value), x: left - 8, y: y[value] + 4, anchor: "end")
    }
    for count in Set(rows.map(\.parties)).sorted() {
      picture.line(x1: x[Double(count)], y1: top, x2: x[Double(count)], y2: top + height, style: "grid")
      picture.text(short(Double(count)), x: x[Double(count)], y: top + height + 18, anchor: "middle")
    }
    let series = Dictionary(grouping: rows, by: \.contender).values.sorted { last($0) > last($1) }
    for (position, points) in series.enumerated() {
      let style = Style.of(points[0], among: series.map { $0[0] })
      picture.polyline(points.map { (x[Double($0.parties)], y[$0.wall / Double($0.parties)]) }, style)
      let line = top + 10 + 20 * Double(position)
      picture.polyline([(left + width + 24, line - 4), (left + width + 52, line - 4)], style)
      picture.text(points[0].contender, x: left + width + 60, y: line, style: style.isOurs ? "ours" : "")
    }
    return picture.svg
  }

  /// A line that goes on to more parties is dearer than one that ends early.
  private func last(_ points: [Row]) -> Double { points.last!.wall }

  // MARK: Contenders of one scenario

  /// A bar a contender and number of parties: as long as its time, of that of the best peer.
  private func bars(_ rows: [Row], _ scenario: Scenario) -> String {
    let (left, width, bar) = (250.0, 400.0, 17.0)
    /// What is longer is cut off, and says so by its figure.
    let longest = 3.0
    let groups = Dictionary(grouping: rows, by: \.parties).sorted { $0.key < $1.key }
    let height = 70 + groups.reduce(0.0) { $0 + 44 + bar * Double($1.value.count) }

    var picture = Picture(width: 800, height: height)
    picture.text(report.title(scenario), x: 16, y: 22, style: "title")
    picture.text("time of a phase, as a multiple of the best blocking peer's", x: 16, y: 42)
    var y = 62.0
    for (count, rows) in groups {
      y += 18
      picture.text("\(count) parties", x: 16, y: y, style: "ours")
      let best = left + width / longest
      let bottom = y + bar * Double(rows.count) + 12
      picture.line(x1: best, y1: y + 8, x2: best, y2: bottom, style: "axis")
      for row in rows.sorted(by: { $0.wall < $1.wall }) {
        y += bar
        let ratio = row.wallRatio ?? 1
        let style = Style.of(row, among: [row])
        let length = width * min(ratio, longest) / longest
        picture.text(row.contender, x: left - 8, y: y + 5, anchor: "end", style: style.isOurs ? "ours" : "")
        picture.rectangle(x: left, y: y - 6, width: max(length, 1), height: bar - 4, style)
        picture.text("\(places(ratio)) × · \(microseconds(row.wall))", x: left + length + 6, y: y + 5)
      }
      y += 26
    }
    return picture.svg
  }

  private func microseconds(_ nanoseconds: Double) -> String {
    let value = nanoseconds / 1000
    return value < 10 ? "\(places(value)) µs" : "\(Int(value.rounded())) µs"
  }

  private func places(_ value: Double) -> String {
    value.formatted(
      .number.precision(.fractionLength(2)).grouping(.never).locale(Locale(identifier: "en_US")))
  }

  private func short(_ value: Double) -> String {
    switch value {
    case 1_000_000...: "\(Int(value / 1_000_000)) M"
    case 10_000...: "\(Int(value / 1000)) 000"
    default: "\(Int(value))"
    }
  }

  private func decade(_ value: Double, _ rule: FloatingPointRoundingRule) -> Double {
    pow(10, log10(value).rounded(rule))
  }
}

extension Report {
  fileprivate func title(_ scenario: Scenario) -> String {
    scenario.title.prefix(1).uppercased() + scenario.title.dropFirst()
  }
}

/// Places values between two ends of a line by their logarithms.
private struct LogarithmicAxis {
  private let values: ClosedRange<Double>
  private let start: Double
  private let end: Double

  init(_ values: ClosedRange<Double>, from start: Double, to end: Double) {
    self.values = values
    self.start = start
    self.end = end
  }

  subscript(_ value: Double) -> Double {
    start + (end - start) * log(value / values.lowerBound) / log(values.upperBound / values.lowerBound)
  }

  var decades: [Double] {
    (Int(log10(values.lowerBound).rounded())...Int(log10(values.upperBound).rounded())).map {
      pow(10, Double($0))
    }
  }
}

/// How a contender is drawn: the library's in strong colours, the others each in a dash of its own.
private struct Style {
  let name: String
  let isOurs: Bool

  private static let ours = ["ThreadBarrier", "AsyncBarrier", "ThreadBarrier .parking"]

  static func of(_ row: Row, among others: [Row]) -> Style {
    guard row.kind == .ours else {
      let same = others.filter { $0.kind == row.kind }
      let position = same.firstIndex { $0.contender == row.contender } ?? 0
      return Style(name: "\(row.kind.rawValue) dash\(position % 5)", isOurs: false)
    }
    let dash = row.contender == Contender.bothFaces.name ? " dash1" : ""
    return Style(name: "ours\(ours.firstIndex(of: row.contender) ?? 3)\(dash)", isOurs: true)
  }
}

/// A drawing in SVG, with colours for light and dark pages.
private struct Picture {
  private let width: Double
  private let height: Double
  private var elements: [String] = []

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  mutating func text(_ text: String, x: Double, y: Double, anchor: String = "start", style: String = "") {
    let safe = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    elements.append(
      "<text x=\"\(f(x))\" y=\"\(f(y))\" text-anchor=\"\(anchor)\" class=\"\(style)\">\(safe)</text>")
  }

  mutating func line(x1: Double, y1: Double, x2: Double, y2: Double, style: String) {
    elements.append(
      "<line x1=\"\(f(x1))\" y1=\"\(f(y1))\" x2=\"\(f(x2))\" y2=\"\(f(y2))\" class=\"\(style)\"/>")
  }

  mutating func polyline(_ points: [(Double, Double)], _ style: Style) {
    let list = points.map { "\(f($0.0)),\(f($0.1))" }.joined(separator: " ")
    elements.append("<polyline points=\"\(list)\" class=\"curve \(style.name)\"/>")
  }

  mutating func rectangle(x: Double, y: Double, width: Double, height: Double, _ style: Style) {
    elements.append(
      "<rect x=\"\(f(x))\" y=\"\(f(y))\" width=\"\(f(width))\" height=\"\(f(height))\" class=\"bar \(style.name)\"/>"
    )
  }

  private func f(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

  /// Each style's colour on a light page and on a dark one.
  private static let palette = [
    ("ours0", "#cf222e", "#ff7b72"), ("ours1", "#0969da", "#58a6ff"), ("ours2", "#bc4c00", "#f0883e"),
    ("ours3", "#8250df", "#bc8cff"), ("peer", "#6e7781", "#8b949e"), ("other", "#4d8f5b", "#7ee787"),
    ("limit", "#bf8700", "#d29922"),
  ]

  private static func colours(_ colour: ((light: String, dark: String)) -> String) -> String {
    palette.map { name, light, dark in
      ".curve.\(name) { stroke: \(colour((light, dark))); } .bar.\(name) { fill: \(colour((light, dark))); }"
    }.joined(separator: "\n")
  }

  var svg: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(f(width)) \(f(height))" \
    width="\(f(width))" height="\(f(height))">
    <style>
    text { font: 13px system-ui, sans-serif; fill: #424a53; }
    .title { font-size: 16px; font-weight: 600; }
    .ours { font-weight: 600; }
    .grid { stroke: #d0d7de; stroke-width: 1; }
    .axis { stroke: #57606a; stroke-width: 1; }
    .curve { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
    .curve.ours0, .curve.ours1 { stroke-width: 3; }
    .curve.dash1 { stroke-dasharray: 7 3; } .curve.dash2 { stroke-dasharray: 2 3; }
    .curve.dash3 { stroke-dasharray: 9 3 2 3; } .curve.dash4 { stroke-dasharray: 12 6; }
    \(Self.colours(\.light))
    @media (prefers-color-scheme: dark) {
    text { fill: #c9d1d9; } .grid { stroke: #30363d; } .axis { stroke: #8b949e; }
    \(Self.colours(\.dark))
    }
    </style>
    \(elements.joined(separator: "\n"))
    </svg>

    """
  }
}
