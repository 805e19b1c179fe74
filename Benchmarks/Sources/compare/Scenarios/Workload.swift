import Synchronization

/// What parties do between two meetings.
protocol Workload: Sendable {
  /// A party's part of a phase.
  func work(_ party: Int, in phase: Int)

  /// Called when all phases are over; throws if the result is wrong.
  func check() throws
}

extension Workload {
  func check() {}
}

struct WrongResult: Error, CustomStringConvertible {
  let description: String
}

/// One party works 300 µs a phase, the others wait for it.
struct Straggler: Workload {
  func work(_ party: Int, in phase: Int) {
    if party == 0 { burn(microseconds: 300) }
  }
}

/// Every party works 0 to 60 µs, each phase anew.
struct Uneven: Workload {
  func work(_ party: Int, in phase: Int) {
    burn(microseconds: Double(mixed(UInt64(party) << 32 | UInt64(phase)) % 60_001) / 1000)
  }
}

/// Keeps the processor busy for so much of its time, whatever else runs on it.
func burn(microseconds: Double) {
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
  for _ in 0..<times { state = mixed(state) }
  result.store(state, ordering: .relaxed)
}

/// Where the result goes, so that the compiler does not find the work useless.
private let result = Atomic<UInt64>(0)

/// The finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
func mixed(_ value: UInt64) -> UInt64 {
  var z = value &+ 0x9e37_79b9_7f4a_7c15
  z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
  z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
  return z ^ (z >> 31)
}
