import Barriers
import CxxPeers

/// What it takes to make a barrier and to let it go, on one thread.
struct Making: Codable {
  let barrier: String
  let nanoseconds: Double

  static func measure() -> [Making] {
    [
      Making("ThreadBarrier") { _ = ThreadBarrier(parties: 4) },
      Making("ThreadBarrier .parking") { _ = ThreadBarrier(parties: 4, strategy: .parking) },
      Making("std::barrier") { standard_barrier_destroy(standard_barrier_create(4)) },
    ]
  }

  private init(_ barrier: String, _ make: () -> Void) {
    let repetitions = 10_000
    let runs = (0..<9).map { _ in
      let start = compare.nanoseconds()
      for _ in 0..<repetitions { make() }
      return Double(compare.nanoseconds() - start) / Double(repetitions)
    }
    self.barrier = barrier
    self.nanoseconds = median(runs)!
  }
}
