/// The heat equation by Jacobi's method: in each phase every point becomes the mean of its four neighbors.
/// Each party computes a band of rows from the grid of the previous phase.
///
/// `@unchecked Sendable`: in a phase one party writes each row, in the grid that no party reads meanwhile.
final class Heat: Workload, @unchecked Sendable {
  private static let size = 130
  private static let edge = 100.0
  static let phases = 600

  private let parties: Int
  private let grids: [UnsafeMutableBufferPointer<Double>]

  init(parties: Int) {
    self.parties = parties
    grids = (0..<2).map { _ in
      let grid = UnsafeMutableBufferPointer<Double>.allocate(capacity: Self.size * Self.size)
      grid.initialize(repeating: 0)
      for column in 0..<Self.size { grid[column] = Self.edge }
      return grid
    }
  }

  deinit { grids.forEach { $0.deallocate() } }

  func work(_ party: Int, in phase: Int) {
    let rows = Self.size - 2
    Self.step(
      from: grids[phase % 2], to: grids[(phase + 1) % 2],
      rows: 1 + rows * party / parties..<1 + rows * (party + 1) / parties)
  }

  private static func step(
    from old: UnsafeMutableBufferPointer<Double>, to new: UnsafeMutableBufferPointer<Double>, rows: Range<Int>
  ) {
    for row in rows {
      for point in row * size + 1..<(row + 1) * size - 1 {
        new[point] = 0.25 * (old[point - 1] + old[point + 1] + old[point - size] + old[point + size])
      }
    }
  }

  /// The result of one thread after ``phases`` phases.
  private static let expected: [Double] = {
    let sequential = Heat(parties: 1)
    for phase in 0..<phases { sequential.work(0, in: phase) }
    return sequential.result
  }()

  private var result: [Double] { Array(grids[Self.phases % 2]) }

  func check() throws {
    guard result == Self.expected else {
      throw WrongResult(description: "heat: the result of \(parties) parties differs from that of one")
    }
  }
}
