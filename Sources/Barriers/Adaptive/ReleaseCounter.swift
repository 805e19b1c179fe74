import Synchronization

/// Advances whenever a phase ends. Where more than two parties spin, they spin on this instead of the
/// barrier's state.
///
/// Each arrival writes to the state and takes its cache line from all parties that spin on it. Each of them
/// then fetches the line again, and the next arrival waits for it. The counter has cache lines of its own,
/// which are written once a phase.
///
/// The counter decides nothing: a party that sees it advance then reads the state. No party misses the end of
/// its phase: if a party reads the counter and then finds its phase open, it sees every later advance, and
/// one of them follows the end of that phase.
final class ReleaseCounter: Sendable {
  private let before = CacheLinePadding()
  private let count = Atomic<UInt64>(0)
  private let after = CacheLinePadding()

  /// Called after the change of state. Releasing: a party that sees the new count also sees that change.
  func advance() {
    count.wrappingAdd(1, ordering: .releasing)
  }

  /// Whether the counter differs from `lastCount`, which it then updates.
  func hasAdvanced(since lastCount: inout UInt64?) -> Bool {
    let now = count.load(ordering: .acquiring)
    defer { lastCount = now }
    return now != lastCount
  }
}

/// The rest of a cache line: 64 bytes on x86, up to 128 on Apple's processors. x86 also fetches 128 bytes at
/// a time.
private struct CacheLinePadding: Sendable {
  private let padding: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (
    0, 0, 0, 0, 0, 0, 0, 0
  )
}
