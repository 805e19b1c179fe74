import TextTable

/// Tables in the terminal.
enum Table {
  static func show(_ rows: [Row]) {
    let table = TextTable<Row> { row in
      [
        Column(title: "parties", value: row.parties, align: .right),
        Column(title: "barrier", value: row.contender),
        Column(title: "ns a phase", value: whole(row.wall), align: .right),
        Column(title: "of best", value: ratio(row.wallRatio), align: .right),
        Column(title: "CPU ns", value: whole(row.cpu), align: .right),
        Column(title: "of best", value: ratio(row.cpuRatio), align: .right),
        Column(title: "p99 ns", value: whole(row.p99), align: .right),
        Column(title: "release ns", value: whole(row.release), align: .right),
        Column(title: "switches", value: ratio(row.switches), align: .right),
      ]
    }
    table.print(rows, style: Style.simple)
  }

  static func show(_ making: [Making]) {
    let table = TextTable<Making> { making in
      [
        Column(title: "barrier", value: making.barrier),
        Column(title: "ns", value: whole(making.nanoseconds), align: .right),
      ]
    }
    table.print(making, style: Style.simple)
  }

  static func show(_ goals: [Goal]) {
    let table = TextTable<Goal> { goal in
      [
        Column(title: "goal", value: goal.name),
        Column(title: "parties", value: goal.parties == 0 ? "all" : "\(goal.parties)", align: .right),
        Column(title: "measured", value: ratio(goal.figure), align: .right),
        Column(title: "at most", value: ratio(goal.limit), align: .right),
        Column(title: "", value: goal.isReached ? "reached" : "MISSED"),
      ]
    }
    table.print(goals, style: Style.simple)
  }

  private static func whole(_ value: Double?) -> String { value.map { "\(Int($0.rounded()))" } ?? "" }

  /// Two places after the point, three where the first are zeros.
  private static func ratio(_ value: Double?) -> String {
    value.map { $0.formatted(.number.precision(.fractionLength($0 < 0.1 ? 3 : 2)).grouping(.never)) } ?? ""
  }
}
