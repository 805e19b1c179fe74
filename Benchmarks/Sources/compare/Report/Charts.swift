import Foundation

/// Charts of a report: a line chart of the cost over the number of parties, and a bar chart for each other
/// scenario.
struct Charts {
  private let report: Report

  init(_ report: Report) { self.report = report }

  func write(to folder: String) throws {
    let folder = URL(fileURLWithPath: folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for scenario in Scenario.allCases {
      let results = report.results.filter { $0.scenario == scenario }
      guard !results.isEmpty else { continue }
      let chart = scenario == .phases ? lineChart(results) : barChart(results, scenario)
      try chart.document.write(
        to: folder.appending(path: "\(scenario.rawValue).svg"), atomically: true, encoding: .utf8)
    }
  }

  private static let width = 800.0
  private static let margin = 16.0

  private func title(_ scenario: Scenario, _ subtitle: String, in chart: inout SVG) {
    let title = scenario.title.prefix(1).uppercased() + scenario.title.dropFirst()
    chart.text(title, x: Self.margin, y: 26, style: "title")
    chart.text(subtitle, x: Self.margin, y: 47)
  }

  private func footer(in chart: inout SVG, y: Double) {
    let rounds = report.rounds == 1 ? "One round" : "Medians of \(report.rounds) rounds"
    chart.text("\(rounds) on \(report.machine).", x: Self.margin, y: y, style: "muted")
  }

  // MARK: Line chart

  private func lineChart(_ results: [BenchmarkResult]) -> SVG {
    let (left, right, top, bottom) = (72.0, 548.0, 66.0, 546.0)
    let counts = Set(results.map(\.parties)).sorted()
    let costs = results.map(costPerParty)
    let x = LogarithmicAxis(
      Double(counts[0])...Double(max(counts.last!, 2 * counts[0])), from: left, to: right)
    let y = LogarithmicAxis(costs.min()! / 1.5...costs.max()! * 1.5, from: bottom, to: top)

    var chart = SVG(width: Self.width, height: bottom + 98)
    title(.phases, "Nanoseconds per party and phase (lower is better)", in: &chart)
    for value in y.ticks {
      chart.line([(left, y[value]), (right, y[value])], style: "grid")
      chart.text(value.grouped, x: left - 8, y: y[value] + 4.5, anchor: .end)
    }
    for count in counts {
      chart.line([(x[Double(count)], top), (x[Double(count)], bottom)], style: "grid")
      chart.text(count.grouped, x: x[Double(count)], y: bottom + 20, anchor: .middle)
    }
    chart.text("parties", x: (left + right) / 2, y: bottom + 40, anchor: .middle)

    let series = Implementation.Kind.allCases.flatMap { makeSeries($0, in: results) }
    let heights = separated(series, y)
    for series in series {
      let points = series.results.map { (x[Double($0.parties)], heights[$0.parties]![$0.implementation]!) }
      chart.line(points, style: series.style)
      for point in points { marker(series, at: point, in: &chart) }
    }
    legend(series, x: right + 20, y: top + 12, in: &chart)
    chart.text(
      "Both axes are logarithmic. Lines that would hide one another are drawn side by side.",
      x: Self.margin, y: bottom + 66, style: "muted")
    footer(in: &chart, y: bottom + 84)
    return chart
  }

  private func costPerParty(_ result: BenchmarkResult) -> Double { result.wall / Double(result.parties) }

  /// The line of one implementation.
  private struct Series {
    let results: [BenchmarkResult]
    let style: String
    let shape: Int
    var name: String { results[0].implementation }
    var kind: Implementation.Kind { results[0].kind }
  }

  private func makeSeries(_ kind: Implementation.Kind, in results: [BenchmarkResult]) -> [Series] {
    var names: [String] = []
    for result in results where result.kind == kind && !names.contains(result.implementation) {
      names.append(result.implementation)
    }
    return names.enumerated().map { index, name in
      let fixed = Implementation.swiftBarriers.firstIndex { $0.name == name } ?? index
      return Series(
        results: results.filter { $0.implementation == name }.sorted { $0.parties < $1.parties },
        style: kind == .swiftBarriers ? "swiftBarriers\(fixed) dash\(fixed % 3)" : "\(kind) dash\(index % 5)",
        shape: fixed + fixed / 5)
    }
  }

  /// The y coordinate of each result, by parties and implementation. Results that would coincide are moved
  /// apart, so that no line hides another.
  private func separated(_ series: [Series], _ y: LogarithmicAxis) -> [Int: [String: Double]] {
    let distance = 3.5
    return Dictionary(grouping: series.flatMap(\.results), by: \.parties).mapValues { results in
      let results = results.sorted { costPerParty($0) > costPerParty($1) }
      var heights = results.map { y[costPerParty($0)] }
      for _ in 0..<100 {
        for index in heights.indices.dropFirst() {
          let overlap = distance - (heights[index] - heights[index - 1])
          if overlap > 0 {
            heights[index - 1] -= overlap / 2
            heights[index] += overlap / 2
          }
        }
      }
      return Dictionary(uniqueKeysWithValues: zip(results.map(\.implementation), heights))
    }
  }

  private func marker(_ series: Series, at point: SVG.Point, in chart: inout SVG) {
    let style = "marker \(series.style.split(separator: " ")[0])"
    let (x, y) = point
    switch series.shape % 5 {
    case 0: chart.circle(point, radius: 3.5, style: style)
    case 1: chart.area([(x - 3, y - 3), (x + 3, y - 3), (x + 3, y + 3), (x - 3, y + 3)], style: style)
    case 2: chart.area([(x, y - 4), (x + 4, y + 3), (x - 4, y + 3)], style: style)
    case 3: chart.area([(x, y - 4.5), (x + 4.5, y), (x, y + 4.5), (x - 4.5, y)], style: style)
    default: chart.area([(x, y + 4), (x + 4, y - 3), (x - 4, y - 3)], style: style)
    }
  }

  private func legend(_ series: [Series], x: Double, y: Double, in chart: inout SVG) {
    var y = y
    for kind in Implementation.Kind.allCases {
      // In the order in which the lines end, from top to bottom.
      let series = series.filter { $0.kind == kind }.sorted {
        costPerParty($0.results.last!) > costPerParty($1.results.last!)
      }
      guard !series.isEmpty else { continue }
      chart.text(kind.title, x: x, y: y, style: "bold")
      for series in series {
        y += 21
        chart.line([(x, y - 4.5), (x + 32, y - 4.5)], style: series.style)
        marker(series, at: (x + 16, y - 4.5), in: &chart)
        chart.text(series.name, x: x + 40, y: y)
      }
      y += 32
    }
  }

  // MARK: Bar chart

  /// Where a bar chart has its bars and figures.
  private static let bars = (left: 212.0, right: 572.0, ratio: 660.0, time: 784.0)

  private func barChart(_ results: [BenchmarkResult], _ scenario: Scenario) -> SVG {
    let bars = Self.bars
    let groups = Dictionary(grouping: results, by: \.parties).sorted { $0.key < $1.key }
    let rowHeight = 18.0
    let height = 108 + groups.reduce(0.0) { $0 + 48 + rowHeight * Double($1.value.count) }
    // Longer bars are cut off.
    let limit = min(3, max(1.5, results.compactMap(\.wallRatio).max() ?? 1.5))

    var chart = SVG(width: Self.width, height: height)
    let hasRatios = results.contains { $0.wallRatio != nil }
    title(
      scenario, "Time per phase\(hasRatios ? ", relative to the best peer" : "") (lower is better)",
      in: &chart)
    barLegend(results, limit: limit, in: &chart)
    var y = 84.0
    for (count, results) in groups {
      y += 22
      let bottom = y + 8 + rowHeight * Double(results.count)
      chart.text("\(count.grouped) parties", x: Self.margin, y: y, style: "bold")
      if hasRatios { chart.text("ratio", x: bars.ratio, y: y, anchor: .end, style: "muted") }
      chart.text("time per phase", x: bars.time, y: y, anchor: .end, style: "muted")
      let slowest = results.map(\.wall).max()!
      let top = y + 7
      for result in results.sorted(by: { ($0.wallRatio ?? 0, $0.wall) < ($1.wallRatio ?? 0, $1.wall) }) {
        y += rowHeight
        let isOwn = result.kind == .swiftBarriers
        chart.text(
          result.implementation, x: bars.left - 8, y: y + 3, anchor: .end, style: isOwn ? "bold" : nil)
        // Without a peer to compare with, the slowest bar is as long as the axis.
        bar(
          result.wallRatio ?? limit * result.wall / slowest, limit: limit, y: y - 8, result.kind, in: &chart)
        if let ratio = result.wallRatio {
          chart.text(ratio.decimal(places: 2), x: bars.ratio, y: y + 3, anchor: .end)
        }
        chart.text(microseconds(result.wall), x: bars.time, y: y + 3, anchor: .end)
      }
      chart.line([(bars.left, top), (bars.left, bottom)], style: "axis")
      if results.contains(where: { $0.wallRatio != nil }) {
        let reference = bars.left + (bars.right - bars.left) / limit
        chart.line([(reference, top), (reference, bottom)], style: "axis dash4")
        chart.text("best peer = 1", x: reference, y: top - 7, anchor: .middle, style: "muted")
      }
      y += 26
    }
    footer(in: &chart, y: height - 14)
    return chart
  }

  /// A bar from zero to `ratio`. If it exceeds the axis, a zigzag gap shows that it is cut off.
  private func bar(
    _ ratio: Double, limit: Double, y: Double, _ kind: Implementation.Kind, in chart: inout SVG
  ) {
    let (left, right, height) = (Self.bars.left, Self.bars.right, 14.0)
    let end = left + max((right - left) * min(ratio, limit) / limit, 1)
    chart.area([(left, y), (end, y), (end, y + height), (left, y + height)], style: barStyle(kind))
    if ratio > limit { zigzag(x: right - 24, y: y, height: height, in: &chart) }
  }

  private func zigzag(x: Double, y: Double, height: Double, in chart: inout SVG) {
    let points = (0...4).map { step in
      (x + (step.isMultiple(of: 2) ? -3 : 3), y - 1 + (height + 2) * Double(step) / 4)
    }
    chart.line(points, style: "zigzag")
  }

  private func barStyle(_ kind: Implementation.Kind) -> String {
    kind == .swiftBarriers ? "bar swiftBarriers0" : "bar \(kind)"
  }

  private func barLegend(_ results: [BenchmarkResult], limit: Double, in chart: inout SVG) {
    var x = Self.margin
    let y = 72.0
    func swatch(_ style: String) {
      chart.area([(x, y - 10), (x + 24, y - 10), (x + 24, y + 1), (x, y + 1)], style: style)
    }
    for kind in Implementation.Kind.allCases where results.contains(where: { $0.kind == kind }) {
      swatch(barStyle(kind))
      chart.text(kind.title, x: x + 31, y: y)
      x += 31 + 8.2 * Double(kind.title.count) + 20
    }
    if results.contains(where: { ($0.wallRatio ?? 0) > limit }) {
      swatch(barStyle(.peer))
      zigzag(x: x + 12, y: y - 10, height: 11, in: &chart)
      chart.text("cut off at \(Int(limit))", x: x + 31, y: y)
    }
  }

  private func microseconds(_ nanoseconds: Double) -> String {
    let value = nanoseconds / 1000
    return "\(value.decimal(places: value < 10 ? 2 : 0)) µs"
  }
}

extension Implementation.Kind {
  fileprivate var title: String {
    switch self {
    case .swiftBarriers: "swift-barriers"
    case .peer: "other blocking barriers"
    case .alternative: "alternatives to barriers"
    case .limit: "lower bound"
    }
  }
}

/// Maps values to coordinates by their logarithms.
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

  /// 1, 2 and 5 times each power of ten.
  var ticks: [Double] {
    let exponents = Int(log10(values.lowerBound).rounded(.down))...Int(log10(values.upperBound).rounded(.up))
    return exponents.flatMap { exponent in [1, 2, 5].map { $0 * pow(10, Double(exponent)) } }
      .filter(values.contains)
  }
}
