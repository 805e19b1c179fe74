/// The table in the terminal.
enum Table {
  private static let widths = [8, 24, 14, 12, 8, 14, 8, 12]

  static func printHead() {
    let heads = ["parties", "barrier", "ns a phase", "ns a party", "ratio", "CPU ns", "ratio", "switches"]
    print(row(heads))
  }

  /// A row, with the ratios to the best peer's cost if there is one.
  static func printRow(_ name: String, _ parties: Int, _ cost: Cost, best: Cost?) {
    print(
      row([
        "\(parties)", name, whole(cost.wall), whole(cost.wall / Double(parties)),
        best.map { ratio(cost.wall / $0.wall) } ?? "", cost.cpu.map(whole) ?? "",
        best.flatMap { best in cost.cpu.flatMap { cpu in best.cpu.map { ratio(cpu / $0) } } } ?? "",
        cost.switches.map(ratio) ?? "",
      ]))
  }

  private static func row(_ cells: [String]) -> String {
    zip(cells, widths).enumerated().map { column, cell in
      let padding = String(repeating: " ", count: max(1, cell.1 - cell.0.count))
      return column == 1 ? cell.0 + padding : padding + cell.0 + "  "
    }.joined()
  }

  private static func whole(_ value: Double) -> String { "\(Int(value.rounded()))" }

  /// Two places after the point, three where the first are zeros.
  private static func ratio(_ value: Double) -> String {
    let digits = value < 0.1 ? 1000.0 : 100.0
    return "\((value * digits).rounded() / digits)"
  }
}
