import Barriers
import Foundation

/// Conway's Life, a band of rows per thread, a phase per generation.
///
/// For computations on a grid, where each cell depends on its neighbors in the previous generation. There are
/// two boards. In each generation, all threads read one board and write the other, each in its own band of
/// rows. Then they wait for one another, and the boards swap roles. One phase per generation is enough,
/// because no thread writes what another still reads.
///
/// The pattern is read from a file in the RLE format; the default is the glider gun that Bill Gosper found in
/// 1970.
func lifeExample(_ arguments: [String]) throws {
  guard arguments.count <= 2 else {
    throw UsageError("life takes a file and a number of generations, but there is also \"\(arguments[2])\"")
  }
  let generations = try arguments.count == 2 ? parseGenerations(arguments[1]) : 120
  let name = arguments.first ?? "Gosper's glider gun"
  let text = try arguments.first.map(readText) ?? gosperGliderGun
  let pattern: Pattern
  do throws(RLEError) {
    pattern = try Pattern(rle: text)
  } catch {
    throw ExampleFailure("\(name) is not a valid pattern: \(error)")
  }

  let start = Grid(pattern, margin: 32)
  let bands = 4
  let clock = ContinuousClock()
  let begin = clock.now
  let end = try evolve(start, generations: generations, bands: bands)
  let time = clock.now - begin

  var expected = start
  for _ in 0..<generations { expected = expected.next }
  try check(end == expected, "one thread alone computes the same cells")

  say("  \(name) on \(start.width) × \(start.height) cells: \(start.population) are alive.")
  say("  After \(generations) generations, \(end.population) are alive:")
  for line in end.drawing(columns: 100, lines: 30) { say("    \(line)") }
  say("  \(bands) threads took \(time.milliseconds), and one thread alone computes the same.")
}

/// Computes the generations, with one thread per band.
private func evolve(_ start: Grid, generations: Int, bands: Int) throws -> Grid {
  let boards = [SharedBuffer(start.rows), SharedBuffer(start.rows)]
  let barrier = ThreadBarrier(parties: bands, label: "generation", timeout: .seconds(60))
  let threads = startThreads(bands, named: "band") { band in
    try barrier.abortOnError {
      for generation in 0..<generations {
        let now = boards[generation % 2]
        let next = boards[(generation + 1) % 2]
        for y in slice(of: now.count, for: band, of: bands) {
          let above = y > 0 ? now[y - 1] : nil
          let below = y + 1 < now.count ? now[y + 1] : nil
          next[y] = nextRow(now[y], above: above, below: below)
        }
        try barrier.wait()
      }
    }
  }
  try threads.join()
  return Grid(rows: boards[generations % 2].contents)
}

private func parseGenerations(_ text: String) throws -> Int {
  guard let generations = Int(text), (0...10_000).contains(generations) else {
    throw UsageError("the number of generations must be 0 to 10000, but is \"\(text)\"")
  }
  return generations
}
