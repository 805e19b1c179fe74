import Synchronization

/// Rung whenever a phase is over: what waiting parties poll instead of the barrier's state, where more than two poll.
///
/// Each arrival writes to the state, and takes its cache line from all who poll it; each of them then fetches it again,
/// and the next arrival waits for it. The releaseCounter has lines of its own, which are written once a phase.
///
/// The releaseCounter decides nothing. Whoever hears it looks at the state; and nobody misses it: a party that hears how often it
/// has rung, and then finds its phase open, hears every later ring, of which one comes after that phase is over.
final class ReleaseCounter: Sendable {
  private let before = CacheLinePadding()
  private let rings = Atomic<UInt64>(0)
  private let after = CacheLinePadding()

  /// Called after the change of state. Releasing: whoever hears it sees that change.
  func advance() {
    rings.wrappingAdd(1, ordering: .releasing)
  }

  /// Whether it has rung since `heard`, which it then updates.
  func hasAdvanced(since heard: inout UInt64?) -> Bool {
    let now = rings.load(ordering: .acquiring)
    defer { heard = now }
    return now != heard
  }
}

/// Room for the rest of a cache line: 64 bytes on x86, up to 128 on Apple's processors, which also is what x86
/// fetches at a time.
private struct CacheLinePadding: Sendable {
  private let room: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (
    0, 0, 0, 0, 0, 0, 0, 0
  )
}
