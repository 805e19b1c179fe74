import Synchronization

/// What parties do between two waits.
protocol Workload: Sendable {
  /// The work of one party in one phase.
  func work(_ party: Int, in phase: Int)

  /// Called after the last phase. Throws if the result is wrong.
  func check() throws
}

extension Workload {
  func check() {}
}

struct WrongResult: Error, CustomStringConvertible {
  let description: String
}

/// One party works 300 µs per phase, and the others wait for it.
struct Straggler: Workload {
  func work(_ party: Int, in phase: Int) {
    if party == 0 { useCPU(microseconds: 300) }
  }
}

/// Every party works 0 to 60 µs, at random for each phase.
struct Uneven: Workload {
  func work(_ party: Int, in phase: Int) {
    useCPU(microseconds: Double(splitMix64(UInt64(party) << 32 | UInt64(phase)) % 60_001) / 1000)
  }
}

/// Uses this much CPU time, whatever else runs on the processor.
func useCPU(microseconds: Double) {
  iterate(Int(microseconds * iterationsPerMicrosecond))
}

private let iterationsPerMicrosecond: Double = {
  let speeds = (0..<20).map { _ in
    let start = nanoseconds()
    iterate(100_000)
    return 100_000_000 / Double(nanoseconds() - start)
  }
  return speeds.max()!
}()

private func iterate(_ times: Int) {
  var state: UInt64 = 1
  for _ in 0..<times { state = splitMix64(state) }
  result.store(state, ordering: .relaxed)
}

/// Stores the result, so that the compiler cannot remove the work.
private let result = Atomic<UInt64>(0)

/// The finalizer of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
func splitMix64(_ value: UInt64) -> UInt64 {
  var z = value &+ 0x9e37_79b9_7f4a_7c15
  z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
  z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
  return z ^ (z >> 31)
}
