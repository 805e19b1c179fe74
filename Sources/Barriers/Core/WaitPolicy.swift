internal import CBarriers
import Synchronization

/// Decides how a party waits before it sleeps. The only file that acts on it; ``WaitLearner`` knows what pays.
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
  /// A ``WaitLearner/Way``.
  private let way: Hint
  /// Whether phases are being timed: unless polling serves.
  private let isWatching: Flag
  /// Whether a thread has ever waited here. Tasks are always asleep: of them there is nothing to learn.
  private let isUsed = Flag(false)
  /// Whether tasks wait here too. Then there is nothing to learn for other barriers.
  private let isShared = Flag(false)
  /// Whether a party that gave its processor away has lost a time slice since the last phase was noted.
  private let lostSlice = Flag(false)
  /// In how many phases more a party's first yield is timed: after one that took so long that a time slice may have been lost.
  private let timedPhases = Hint(Self.timedAfterLongOne)

  /// Whoever has ended a phase while another is noted stands back.
  private let isLearning = Atomic(false)
  /// `@unchecked Sendable`: touched only by whoever has set `isLearning`. None where there is nothing to learn.
  private let learner: UnsafeMutablePointer<WaitLearner>?

  /// To sleep and to be woken costs about as much on current Linux machines. Whoever polls for so long loses at most
  /// once what there is to win.
  private static let pollingNanoseconds: UInt64 = 20_000

  /// Polls between two readings of the clock, which costs as much as a few of them.
  private static let pollsPerReading = 64

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
  private let experience: Experience?

  /// What polls listen to, where more than two parties poll.
  let bell: Bell?

  private static let quota = unsafe cbarriers_quota("/proc/self/cgroup", "/sys/fs/cgroup")

  /// How many processors this process may use now.
  static var usableProcessors: Int { Int(cbarriers_usable_processors(quota)) }

  init(_ strategy: WaitStrategy, parties: Int, processors: Int) {
    let isAdaptive = strategy == .adaptive && parties > 1
    // Locals, not properties: where `&&` reads a property before all have a value, Swift 6.3.1 in release mode destroys a
    // `bell` that is not there yet.
    let mayPoll = parties <= processors
    bell = isAdaptive && mayPoll && parties > 2 ? Bell() : nil
    yields = 8 + min(8, parties / 32)
    yieldNanoseconds = min(100_000 + 2_000 * UInt64(parties), 2_500_000)
    let experience = isAdaptive && !mayPoll ? Experience.of(parties) : nil
    self.experience = experience
    let first = experience?.learner() ?? WaitLearner(.polling, mayPoll: true)
    way = Hint((isAdaptive ? first.usual : .sleeping).rawValue)
    isWatching = Flag(isAdaptive && !mayPoll)
    unsafe learner = isAdaptive ? .allocate(capacity: 1) : nil
    unsafe learner?.initialize(to: first)
  }

  deinit {
    unsafe learner?.deallocate()
  }

  /// Waits awake while that may pay; answers whether `isOver` came true.
  func waitAwake(until deadline: Deadline?, _ isOver: () -> Bool) -> Bool {
    isUsed.change(to: true)
    return switch WaitLearner.Way(rawValue: way.value) {
    case .polling: poll(isOver)
    case .yielding: yield(until: deadline, isOver)
    default: false
    }
  }

  private func poll(_ isOver: () -> Bool) -> Bool {
    var start: UInt64?
    var heard: UInt64?
    while true {
      for _ in 0..<Self.pollsPerReading {
        if bell?.hasRung(since: &heard) ?? true, isOver() { return true }
        cbarriers_pause()
      }
      let now = cbarriers_nanoseconds()
      if now &- (start ?? now) >= Self.pollingNanoseconds { return false }
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
      if hasLostSlice { lostSlice.change(to: true) }
      if isOver { return true }
      if hasLostSlice || deadline?.remainingNanoseconds == 0 { return false }
      before = now
    }
    return false
  }

  /// Called by a task that is about to sleep.
  func taskWaits() {
    isShared.change(to: true)
  }

  /// Called by whoever has ended a phase.
  func phaseIsOver() {
    bell?.ring()
  }

  /// Called by the last arrival when it has ended the phase, and others go on already.
  func phaseCompleted(someoneSlept: Bool) {
    guard isUsed.value, someoneSlept || isWatching.value, let learner = unsafe learner else {
      return
    }
    guard !isLearning.exchange(true, ordering: .acquiring) else { return }
    let usual = unsafe learner.pointee.usual
    let nextTry = unsafe learner.pointee.nextTry
    let now = cbarriers_nanoseconds()
    let next = unsafe learner.pointee.phaseEnded(
      at: now, someoneSlept: someoneSlept, lostSlice: lostSlice.value)
    lostSlice.change(to: false)
    let wasLong = unsafe learner.pointee.lastPhase > yieldNanoseconds
    timedPhases.change(to: wasLong ? Self.timedAfterLongOne : max(timedPhases.value, 1) - 1)
    way.change(to: next.rawValue)
    isWatching.change(to: unsafe !learner.pointee.isContent)
    if let experience, !isShared.value,
      unsafe (usual, nextTry) != (learner.pointee.usual, learner.pointee.nextTry)
    {
      experience.note(unsafe learner.pointee, at: now)
    }
    isLearning.store(false, ordering: .releasing)
  }
}
