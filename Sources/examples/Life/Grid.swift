/// Rows of live and dead cells, all of the same length. Beyond the edges all cells are dead.
struct Grid: Equatable {
  var rows: [[Bool]]

  init(rows: [[Bool]]) {
    self.rows = rows
  }

  /// The pattern, with `margin` empty cells on all sides.
  init(_ pattern: Pattern, margin: Int) {
    let row = Array(repeating: false, count: pattern.width + 2 * margin)
    rows = Array(repeating: row, count: pattern.height + 2 * margin)
    for run in pattern.runs {
      for x in run.columns { rows[margin + run.row][margin + x] = true }
    }
  }

  var width: Int { rows.first?.count ?? 0 }
  var height: Int { rows.count }
  var population: Int { rows.reduce(0) { sum, row in sum + row.count { $0 } } }

  /// The next generation, computed in another way than in ``nextRow(_:above:below:)``, for comparison: each
  /// live cell adds itself to the counts of its neighbors.
  var next: Grid {
    var neighbors = rows.map { $0.map { _ in 0 } }
    for y in 0..<height {
      for x in 0..<width where rows[y][x] {
        for nearY in max(0, y - 1)...min(height - 1, y + 1) {
          for nearX in max(0, x - 1)...min(width - 1, x + 1) where (nearX, nearY) != (x, y) {
            neighbors[nearY][nearX] += 1
          }
        }
      }
    }
    let next = zip(rows, neighbors).map { row, counts in
      zip(row, counts).map { isAlive, count in count == 3 || (isAlive && count == 2) }
    }
    return Grid(rows: next)
  }

  /// The part that contains live cells, two rows per line, as far as it fits.
  func drawing(columns: Int, lines: Int) -> [String] {
    let living = rows.indices.filter { rows[$0].contains(true) }
    guard let top = living.first, let bottom = living.last,
      let left = living.compactMap({ rows[$0].firstIndex(of: true) }).min(),
      let right = living.compactMap({ rows[$0].lastIndex(of: true) }).max()
    else { return ["(all cells are dead)"] }

    let lastColumn = min(right, left + columns - 1)
    let lastRow = min(bottom, top + 2 * lines - 1)
    var drawing = stride(from: top, through: lastRow, by: 2).map { y in
      let symbols = (left...lastColumn).map { x in Self.symbol(rows[y][x], y < lastRow && rows[y + 1][x]) }
      return String(symbols.prefix((symbols.lastIndex { $0 != " " } ?? -1) + 1))
    }
    if lastColumn < right || lastRow < bottom {
      drawing.append("(the part that fits here, of \(right - left + 1) × \(bottom - top + 1) cells)")
    }
    return drawing
  }

  private static func symbol(_ upper: Bool, _ lower: Bool) -> Character {
    switch (upper, lower) {
    case (false, false): " "
    case (true, false): "▀"
    case (false, true): "▄"
    case (true, true): "█"
    }
  }
}

/// The next generation of a row between two others. Live cells are counted in columns of three.
func nextRow(_ row: [Bool], above: [Bool]?, below: [Bool]?) -> [Bool] {
  func living(_ x: Int) -> Int {
    guard row.indices.contains(x) else { return 0 }
    return (row[x] ? 1 : 0) + (above?[x] == true ? 1 : 0) + (below?[x] == true ? 1 : 0)
  }
  var next = row
  var (left, middle) = (0, living(0))
  for x in row.indices {
    let right = living(x + 1)
    let living = left + middle + right  // the cell itself included
    next[x] = living == 3 || (living == 4 && row[x])
    (left, middle) = (middle, right)
  }
  return next
}
