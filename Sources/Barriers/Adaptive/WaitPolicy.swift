internal import CBarriers
import Synchronization

/// Decides how a party waits before it sleeps. The only file that acts on it; ``WaitTuner`` knows what pays.
///
/// There are three ways to wait, of which the barrier uses the one that makes its phases shortest now:
/// - *Polling*, if all parties can run at once. A phase whose missing parties are running is often over in 100 ns, while
///   to sleep and to be woken costs some 20 µs.
/// - *Yielding*. With more parties than processors whoever polls may be keeping the missing one from running: so a party
///   gives its processor away and looks again, which costs less than half of what it costs to sleep and to be woken.
/// - *Sleeping* at once. Beside busy threads the missing party may not run for a while, a party that gives its processor
///   to one of those has it back a time slice later, and every poll is wasted.
///
/// Polling and yielding have their limits, after which the party sleeps.
///
/// The last arrival of a phase tells what the phase took, but only when that is needed: while all poll and nobody sleeps,
/// polling serves, and no clock is read.
@safe struct WaitPolicy: ~Copyable, @unchecked Sendable {
  /// A ``WaitTuner/Mode``.
  private let way: RelaxedAtomic
  /// Whether phases are being timed: unless polling serves.
  private let isWatching: RelaxedFlag
  /// Whether a thread has ever waited here. Tasks are always asleep: of them there is nothing to learn.
  private let isUsed = RelaxedFlag(false)
  /// Whether tasks wait here too. Then there is nothing to learn for other barriers.
  private let isShared = RelaxedFlag(false)
  /// Whether a party that gave its processor away has lost a time slice since the last phase was noted.
  private let lostTimeSlice = RelaxedFlag(false)
  /// In how many phases more a party's first yield is timed: after one that took so long that a time slice may have been lost.
  private let timedPhases = RelaxedAtomic(Self.timedAfterLongOne)

  /// Whoever has ended a phase while another is noted stands back.
  private let isLearning = Atomic(false)
  /// `@unchecked Sendable`: touched only by whoever has set `isLearning`. None where there is nothing to learn.
  private let tuner: UnsafeMutablePointer<WaitTuner>?

  /// To sleep and to be woken costs about as much on current Linux machines. Whoever polls for so long loses at most
  /// once what there is to win.
  private static let spinNanoseconds: UInt64 = 20_000

  /// Polls between two readings of the clock, which costs as much as a few of them.
  private static let spinsPerClockReading = 64

  /// How often a party gives its processor away. Where that pays, once or twice is enough. But where one processor has
  /// fewer of the parties than another it comes around sooner, and they yield in vain: then they should sleep, for the
  /// system moves others to a processor that is idle. The more there are, the less even they are spread.
  private let yields: Int

  /// A party that gives its processor to another of the same barrier has it back when all of them have looked and gone
  /// on, each within 2 µs. If it takes longer, or as long as a time slice, one has gone to somebody else, and so would the
  /// next.
  private let yieldNanoseconds: UInt64

  /// Time slices that are lost now and then, and not in each phase, should be seen too.
  private static let timedAfterLongOne: UInt64 = 16

  /// What others have learned, where there are more parties than processors.
  private let tuningCache: TuningCache?

  /// What polls listen to, where more than two parties poll.
  let releaseCounter: ReleaseCounter?

  private static let quota = unsafe cbarriers_quota("/proc/self/cgroup", "/sys/fs/cgroup")

  /// How many processors this process may use now.
  static var usableProcessors: Int { Int(cbarriers_usable_processors(quota)) }

  init(_ strategy: WaitStrategy, parties: Int, processors: Int) {
    let isAdaptive = strategy == .adaptive && parties > 1
    // Locals, not properties: where `&&` reads a property before all have a value, Swift 6.3.1 in release mode destroys a
    // `releaseCounter` that is not there yet.
    let canSpin = parties <= processors
    releaseCounter = isAdaptive && canSpin && parties > 2 ? ReleaseCounter() : nil
    yields = 8 + min(8, parties / 32)
    yieldNanoseconds = min(100_000 + 2_000 * UInt64(parties), 2_500_000)
    let tuningCache = isAdaptive && !canSpin ? TuningCache.forParties(parties) : nil
    self.tuningCache = tuningCache
    let first = tuningCache?.makeTuner() ?? WaitTuner(.spinning, canSpin: true)
    way = RelaxedAtomic((isAdaptive ? first.current : .parking).rawValue)
    isWatching = RelaxedFlag(isAdaptive && !canSpin)
    unsafe tuner = isAdaptive ? .allocate(capacity: 1) : nil
    unsafe tuner?.initialize(to: first)
  }

  deinit {
    unsafe tuner?.deallocate()
  }

  /// Waits awake while that may pay; answers whether `isOver` came true.
  func spinOrYield(until deadline: Deadline?, _ isOver: () -> Bool) -> Bool {
    isUsed.storeIfChanged(true)
    return switch WaitTuner.Mode(rawValue: way.value) {
    case .spinning: spin(isOver)
    case .yielding: yield(until: deadline, isOver)
    default: false
    }
  }

  private func spin(_ isOver: () -> Bool) -> Bool {
    var start: UInt64?
    var heard: UInt64?
    while true {
      for _ in 0..<Self.spinsPerClockReading {
        if releaseCounter?.hasAdvanced(since: &heard) ?? true, isOver() { return true }
        cbarriers_pause()
      }
      let now = cbarriers_nanoseconds()
      if now &- (start ?? now) >= Self.spinNanoseconds { return false }
      start = start ?? now
    }
  }

  private func yield(until deadline: Deadline?, _ isOver: () -> Bool) -> Bool {
    // Most parties yield once. While phases are short no time slice is lost, and the clock need not be read; if one is, it
    // is seen by how long the phase takes, and the next by whoever loses it.
    var before = timedPhases.value > 0 ? cbarriers_nanoseconds() : nil
    for _ in 0..<yields {
      cbarriers_yield()
      let isOver = isOver()
      if isOver && before == nil { return true }
      let now = cbarriers_nanoseconds()
      let hasLostSlice = now &- (before ?? now) > yieldNanoseconds
      if hasLostSlice { lostTimeSlice.storeIfChanged(true) }
      if isOver { return true }
      if hasLostSlice || deadline?.remainingNanoseconds == 0 { return false }
      before = now
    }
    return false
  }

  /// Called by a task that is about to sleep.
  func taskWaits() {
    isShared.storeIfChanged(true)
  }

  /// Called by whoever has ended a phase.
  func phaseEnded() {
    releaseCounter?.advance()
  }

  /// Called by the last arrival when it has ended the phase, and others go on already.
  func phaseCompleted(anySlept: Bool) {
    guard isUsed.value, anySlept || isWatching.value, let tuner = unsafe tuner else {
      return
    }
    guard !isLearning.exchange(true, ordering: .acquiring) else { return }
    let current = unsafe tuner.pointee.current
    let nextTrial = unsafe tuner.pointee.nextTrial
    let now = cbarriers_nanoseconds()
    let next = unsafe tuner.pointee.phaseEnded(
      at: now, anySlept: anySlept, lostTimeSlice: lostTimeSlice.value)
    lostTimeSlice.storeIfChanged(false)
    let wasLong = unsafe tuner.pointee.lastPhase > yieldNanoseconds
    timedPhases.storeIfChanged(wasLong ? Self.timedAfterLongOne : max(timedPhases.value, 1) - 1)
    way.storeIfChanged(next.rawValue)
    isWatching.storeIfChanged(unsafe !tuner.pointee.isSettled)
    if let tuningCache, !isShared.value,
      unsafe (current, nextTrial) != (tuner.pointee.current, tuner.pointee.nextTrial)
    {
      tuningCache.record(unsafe tuner.pointee, at: now)
    }
    isLearning.store(false, ordering: .releasing)
  }
}
