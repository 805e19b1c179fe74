/// What was found out about one cell: a row of the table, and of the file.
struct Row: Codable {
  let scenario: Scenario
  let parties: Int
  let contender: String
  let kind: Contender.Kind
  /// Medians of the runs, in nanoseconds a phase; the processor's of all threads together.
  let wall: Double
  let cpu: Double?
  /// Context switches a phase.
  let switches: Double?
  /// Of a hundred phases, 99 took less.
  let p99: Double?
  /// From the last arrival to the last departure, in half of the phases.
  let release: Double?
  /// Of the best peer, that is the fastest barrier of others with as many parties that blocks threads.
  var wallRatio: Double?
  var cpuRatio: Double?

  init(_ cell: Cell) {
    scenario = cell.scenario
    parties = cell.parties
    contender = cell.contender.name
    kind = cell.contender.kind
    wall = median(cell.costs.map(\.wall))!
    cpu = median(cell.costs.compactMap(\.cpu))
    switches = median(cell.costs.compactMap(\.switches))
    p99 = cell.durations.totalCount == 0 ? nil : Double(cell.durations.valueAtPercentile(99))
    release = cell.releases.totalCount == 0 ? nil : Double(cell.releases.valueAtPercentile(50))
  }

  /// The rows of cells that were measured in turn, with their ratios.
  static func rows(of cells: [Cell]) -> [Row] {
    let rows = cells.map(Row.init)
    guard let best = rows.filter({ $0.kind == .peer }).min(by: { $0.wall < $1.wall }) else { return rows }
    return rows.map { row in
      var row = row
      row.wallRatio = row.wall / best.wall
      row.cpuRatio = row.cpu.flatMap { cpu in best.cpu.map { cpu / $0 } }
      return row
    }
  }
}

func median(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : values.sorted()[values.count / 2]
}
