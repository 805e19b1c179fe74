internal import CBarriers
import Synchronization

/// Decides how a party waits before it sleeps, and acts on it. ``WaitTuner`` learns which mode pays.
///
/// There are three modes. The barrier uses the one that makes its phases shortest now:
/// - *Spinning*, if all parties can run at once. If the missing parties are running, a phase is often over in
///   100 ns, while sleeping and waking costs some 20 µs.
/// - *Yielding*. With more parties than processors, a spinning party may keep the missing one from running.
///   So a party yields its processor and checks again, which costs less than half of sleeping and waking.
/// - *Parking*: sleeping at once. Beside busy threads, the missing party may not run for a while, and a party
///   that yields to a busy thread gets its processor back a time slice later.
///
/// Spinning and yielding are bounded. After that the party sleeps.
///
/// The last arrival of a phase measures what the phase took, but only where that is needed: while spinning
/// succeeds and no party sleeps, it reads no clock.
@safe struct WaitPolicy: ~Copyable, @unchecked Sendable {
  /// A ``WaitTuner/Mode``.
  private let mode: RelaxedAtomic
  /// Whether phases are timed: always, unless spinning succeeds.
  private let isTiming: RelaxedFlag
  /// Whether a thread has ever waited here. Tasks never wait awake, so they teach nothing.
  private let hasThreads = RelaxedFlag(false)
  /// Whether tasks wait here too. Then other barriers cannot learn from this one.
  private let hasTasks = RelaxedFlag(false)
  /// Whether a yielding party has lost a time slice since the last phase was recorded.
  private let lostTimeSlice = RelaxedFlag(false)
  /// In how many more phases the first yield of a party is timed: after a phase so long that a time slice may
  /// have been lost.
  private let timedPhases = RelaxedAtomic(Self.timedAfterLongPhase)

  /// A try-lock: a phase that contends for it is not recorded.
  private let isTuning = Atomic(false)
  /// How often a party yields. Where yielding pays, once or twice is enough. But where one processor has
  /// fewer of the parties than another, its turns come sooner and its parties yield without effect. They
  /// should sleep then, because the system moves other parties to an idle processor. The more parties there
  /// are, the less evenly they are spread.
  // 32 bits, which fit beside `isTuning`: a barrier takes half a kilobyte.
  private let yields: Int32

  /// `nil` where there is nothing to learn.
  ///
  /// `@unchecked Sendable`: only the thread that has set `isTuning` uses it.
  private let tuner: UnsafeMutablePointer<WaitTuner>?

  /// About what sleeping and waking costs on current Linux machines. So a party that spins for so long loses
  /// at most as much as it could have gained.
  private static let spinNanoseconds: UInt64 = 20_000

  /// Spins between two readings of the clock, which costs as much as a few spins.
  private static let spinsPerClockReading = 64

  /// How long a yield may take. A party that yields to others of the same barrier has its processor back when
  /// all of them have checked and gone on, each within 2 µs. If it takes longer, or as long as a time slice,
  /// the processor went to another program, and so would the next yield.
  private let yieldNanoseconds: UInt64

  /// Enough to see time slices that are lost now and then, not only those lost in each phase.
  private static let timedAfterLongPhase: UInt64 = 16

  /// What barriers of about this size have learned, where there are more parties than processors.
  private let tuningCache: TuningCache?

  /// What parties spin on, where more than two spin.
  let releaseCounter: ReleaseCounter?

  private static let quota = unsafe cbarriers_quota("/proc/self/cgroup", "/sys/fs/cgroup")

  /// How many processors this process may use now.
  static var usableProcessors: Int { Int(cbarriers_usable_processors(quota)) }

  init(_ strategy: WaitStrategy, parties: Int, processors: Int) {
    let isAdaptive = strategy == .adaptive && parties > 1
    // Locals, not properties: if `&&` reads a property before all properties have a value, Swift 6.3.1 in
    // release mode destroys a `releaseCounter` that does not exist yet.
    let canSpin = parties <= processors
    releaseCounter = isAdaptive && canSpin && parties > 2 ? ReleaseCounter() : nil
    yields = Int32(8 + min(8, parties / 32))
    yieldNanoseconds = min(100_000 + 2_000 * UInt64(parties), 2_500_000)
    let tuningCache = isAdaptive && !canSpin ? TuningCache.forParties(parties) : nil
    self.tuningCache = tuningCache
    let first = tuningCache?.makeTuner() ?? WaitTuner(.spinning, canSpin: true)
    mode = RelaxedAtomic((isAdaptive ? first.current : .parking).rawValue)
    isTiming = RelaxedFlag(isAdaptive && !canSpin)
    unsafe tuner = isAdaptive ? .allocate(capacity: 1) : nil
    unsafe tuner?.initialize(to: first)
  }

  deinit {
    unsafe tuner?.deallocate()
  }

  /// Waits awake while that may pay. Returns whether `isOver` became true.
  func spinOrYield(until deadline: Deadline?, _ isOver: () -> Bool) -> Bool {
    hasThreads.storeIfChanged(true)
    return switch WaitTuner.Mode(rawValue: mode.value) {
    case .spinning: spin(isOver)
    case .yielding: yield(until: deadline, isOver)
    default: false
    }
  }

  private func spin(_ isOver: () -> Bool) -> Bool {
    var start: UInt64?
    var lastCount: UInt64?
    while true {
      for _ in 0..<Self.spinsPerClockReading {
        if releaseCounter?.hasAdvanced(since: &lastCount) ?? true, isOver() { return true }
        cbarriers_pause()
      }
      let now = cbarriers_nanoseconds()
      if now &- (start ?? now) >= Self.spinNanoseconds { return false }
      start = start ?? now
    }
  }

  private func yield(until deadline: Deadline?, _ isOver: () -> Bool) -> Bool {
    // Most parties yield once. While phases are short, no time slice is lost and the clock need not be read.
    // A lost time slice makes the phase long, so the next one is seen here, by the party that loses it.
    var before = timedPhases.value > 0 ? cbarriers_nanoseconds() : nil
    for _ in 0..<Int(yields) {
      cbarriers_yield()
      let isOver = isOver()
      if isOver && before == nil { return true }
      let now = cbarriers_nanoseconds()
      let lostSlice = now &- (before ?? now) > yieldNanoseconds
      if lostSlice { lostTimeSlice.storeIfChanged(true) }
      if isOver { return true }
      if lostSlice || deadline?.remainingNanoseconds == 0 { return false }
      before = now
    }
    return false
  }

  /// Called by a task that is about to be suspended.
  func taskWaits() {
    hasTasks.storeIfChanged(true)
  }

  /// Called after the exchange that ended a phase.
  func phaseEnded() {
    releaseCounter?.advance()
  }

  /// Called by the last arrival after it has completed the phase and released the others.
  func phaseCompleted(anySlept: Bool) {
    guard hasThreads.value, anySlept || isTiming.value, let tuner = unsafe tuner else { return }
    guard !isTuning.exchange(true, ordering: .acquiring) else { return }
    let current = unsafe tuner.pointee.current
    let nextTrial = unsafe tuner.pointee.nextTrial
    let now = cbarriers_nanoseconds()
    let next = unsafe tuner.pointee.phaseEnded(
      at: now, anySlept: anySlept, lostTimeSlice: lostTimeSlice.value)
    lostTimeSlice.storeIfChanged(false)
    let wasLong = unsafe tuner.pointee.lastPhase > yieldNanoseconds
    timedPhases.storeIfChanged(wasLong ? Self.timedAfterLongPhase : max(timedPhases.value, 1) - 1)
    mode.storeIfChanged(next.rawValue)
    isTiming.storeIfChanged(unsafe !tuner.pointee.isSettled)
    if let tuningCache, !hasTasks.value,
      unsafe (current, nextTrial) != (tuner.pointee.current, tuner.pointee.nextTrial)
    {
      tuningCache.record(unsafe tuner.pointee, at: now)
    }
    isTuning.store(false, ordering: .releasing)
  }
}

/// An integer that many threads read and that rarely changes. Relaxed: it says how to wait, not what has
/// happened.
struct RelaxedAtomic: ~Copyable, Sendable {
  private let atomic: Atomic<UInt64>

  init(_ value: UInt64) {
    atomic = Atomic(value)
  }

  var value: UInt64 { atomic.load(ordering: .relaxed) }

  func storeIfChanged(_ value: UInt64) {
    // A write of the same value would take the cache line from all readers.
    if self.value != value { atomic.store(value, ordering: .relaxed) }
  }
}

/// The same for a Boolean.
struct RelaxedFlag: ~Copyable, Sendable {
  private let atomic: Atomic<Bool>

  init(_ value: Bool) {
    atomic = Atomic(value)
  }

  var value: Bool { atomic.load(ordering: .relaxed) }

  func storeIfChanged(_ value: Bool) {
    if self.value != value { atomic.store(value, ordering: .relaxed) }
  }
}
