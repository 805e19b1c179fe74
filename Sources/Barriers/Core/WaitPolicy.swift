internal import CBarriers

/// Decides how a party waits before it sleeps. The only file that knows.
///
/// Going to sleep and being woken costs two system calls and two switches, some 20 µs. A phase whose missing
/// parties are running right now is often over in 50 ns. So a party polls for about as long as a sleep would
/// cost it: then it loses at most once what it can win. It polls only if all parties can run at once; with more
/// parties than processors, whoever polls may be keeping the missing one from arriving.
struct WaitPolicy: Sendable {
  private let polls: Bool

  /// The cost of one sleep and wake-up on current Linux machines.
  private static let budgetNanoseconds: UInt64 = 20_000

  /// Polls between two readings of the clock, which costs as much as a few of them.
  private static let pollsPerReading = 64

  init(_ strategy: WaitStrategy, parties: Int) {
    polls = strategy == .adaptive && parties <= Int(cbarriers_usable_processors())
  }

  /// Polls while that may pay; answers whether `isOver` came true.
  func poll(_ isOver: () -> Bool) -> Bool {
    guard polls else { return false }
    var start: UInt64?
    while true {
      for _ in 0..<Self.pollsPerReading {
        if isOver() { return true }
        cbarriers_pause()
      }
      let now = cbarriers_nanoseconds()
      if now &- (start ?? now) >= Self.budgetNanoseconds { return false }
      start = start ?? now
    }
  }
}
