internal import CBarriers
import Synchronization

/// Decides how a party waits before it sleeps. The only file that acts on it; ``WaitLearner`` knows what pays.
///
/// There are two ways to wait, of which the barrier uses the one that makes its phases shorter now:
/// - *Awake.* If all parties can run at once, a party polls: a phase whose missing parties are running is often over in
///   100 ns, while to sleep and to be woken costs some 20 µs. With more parties than processors whoever polls may be
///   keeping the missing one from running: so a party gives its processor away and looks again, which costs less than
///   half of what it costs to sleep and to be woken. Either has its limit, after which the party sleeps.
/// - *Asleep* at once. Beside busy threads the missing party may not run for a while, a party that gives its processor
///   to one of those has it back a time slice later, and every poll is wasted.
///
/// The last arrival of a phase tells what the phase took, but only when that is needed: while all poll and nobody sleeps,
/// polling serves, and no clock is read.
@safe struct WaitPolicy: ~Copyable, @unchecked Sendable {
  private let isAdaptive: Bool
  private let polls: Bool

  /// Read by all who wait, changed now and then.
  private let staysAwake: Atomic<Bool>
  /// Whether phases are being timed. As long as somebody polls in vain.
  private let isWatching: Atomic<Bool>

  /// Last arrivals come one at a time, but for those whose phase was reset under them: those stand back.
  private let isLearning = Atomic(false)
  /// `@unchecked Sendable`: touched only by whoever has set `isLearning`.
  private let learner: UnsafeMutablePointer<WaitLearner>

  /// To sleep and to be woken costs about as much on current Linux machines. Whoever polls for so long loses at most
  /// once what there is to win.
  private static let pollingNanoseconds: UInt64 = 20_000

  /// Polls between two readings of the clock, which costs as much as a few of them.
  private static let pollsPerReading = 64

  /// How often a party gives its processor away. Where that pays, once or twice is enough.
  private static let yields = 16

  /// A party that gives its processor to another of the same barrier has it back when all of them have looked and gone
  /// on, each within 2 µs. If it takes longer, a time slice has gone to somebody else, and so would the next.
  private let yieldNanoseconds: UInt64

  init(_ strategy: WaitStrategy, parties: Int) {
    isAdaptive = strategy == .adaptive && parties > 1
    polls = parties <= Int(cbarriers_usable_processors())
    yieldNanoseconds = 100_000 + 2_000 * UInt64(parties)
    staysAwake = Atomic(isAdaptive && polls)
    isWatching = Atomic(isAdaptive && !polls)
    unsafe learner = .allocate(capacity: 1)
    unsafe learner.initialize(to: WaitLearner(polls ? .awake : .asleep))
  }

  deinit {
    unsafe learner.deallocate()
  }

  /// Waits awake while that may pay; answers whether `isOver` came true.
  func waitAwake(until deadline: Deadline?, _ isOver: () -> Bool) -> Bool {
    guard staysAwake.load(ordering: .relaxed) else { return false }
    return polls ? poll(isOver) : yield(until: deadline, isOver)
  }

  private func poll(_ isOver: () -> Bool) -> Bool {
    var start: UInt64?
    while true {
      for _ in 0..<Self.pollsPerReading {
        if isOver() { return true }
        cbarriers_pause()
      }
      let now = cbarriers_nanoseconds()
      if now &- (start ?? now) >= Self.pollingNanoseconds { return false }
      start = start ?? now
    }
  }

  private func yield(until deadline: Deadline?, _ isOver: () -> Bool) -> Bool {
    var before = cbarriers_nanoseconds()
    for _ in 0..<Self.yields {
      cbarriers_yield()
      if isOver() { return true }
      let now = cbarriers_nanoseconds()
      if now &- before > yieldNanoseconds || deadline?.remainingNanoseconds == 0 { return false }
      before = now
    }
    return false
  }

  /// Called by the last arrival before it ends the phase.
  func phaseEnds(someoneSleeps: Bool) {
    guard isAdaptive, someoneSleeps || isWatching.load(ordering: .relaxed) else { return }
    guard !isLearning.exchange(true, ordering: .acquiring) else { return }
    let way = unsafe learner.pointee.phaseEnded(
      at: cbarriers_nanoseconds(), someoneSlept: someoneSleeps)
    if staysAwake.load(ordering: .relaxed) != (way == .awake) {
      staysAwake.store(way == .awake, ordering: .relaxed)
    }
    let watches = unsafe !polls || !learner.pointee.isContent
    if isWatching.load(ordering: .relaxed) != watches {
      isWatching.store(watches, ordering: .relaxed)
    }
    isLearning.store(false, ordering: .releasing)
  }
}
