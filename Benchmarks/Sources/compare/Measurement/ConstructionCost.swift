import Barriers
import CxxPeers

/// What it costs to create a barrier and destroy it, on one thread.
struct ConstructionCost: Codable {
  let barrier: String
  let nanoseconds: Double

  static func measure() -> [ConstructionCost] {
    [
      ConstructionCost("ThreadBarrier") { _ = ThreadBarrier(parties: 4) },
      ConstructionCost("ThreadBarrier .parking") { _ = ThreadBarrier(parties: 4, strategy: .parking) },
      ConstructionCost("std::barrier") { std_barrier_destroy(std_barrier_create(4)) },
    ]
  }

  private init(_ barrier: String, _ createAndDestroy: () -> Void) {
    let repetitions = 10_000
    let runs = (0..<9).map { _ in
      let start = compare.nanoseconds()
      for _ in 0..<repetitions { createAndDestroy() }
      return Double(compare.nanoseconds() - start) / Double(repetitions)
    }
    self.barrier = barrier
    self.nanoseconds = median(runs)!
  }
}
