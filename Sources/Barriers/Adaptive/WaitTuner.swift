/// Learns which mode of waiting makes a barrier's phases shorter.
///
/// A pure value: it is told when phases end, and returns the mode for the next. It keeps an estimate of what
/// a phase takes in the current mode, and sometimes tries another for a few phases. What the trials cost is
/// bounded by construction:
/// - A trial ends with the first phase that takes four times as long as the estimate.
/// - After a lost trial, the next starts when 32 times the time that it wasted has passed. So about 3 % of
///   the time is wasted, and less as losses follow one another, because each doubles the interval.
/// - While waiting awake succeeds, so that no party sleeps, trials are at least a second apart.
struct WaitTuner {
  enum Mode: UInt64, Sendable {
    /// Checks again and again.
    case spinning
    /// Yields the processor, and checks when it has it back.
    case yielding
    /// Sleeps until woken.
    case parking

    fileprivate var next: Mode { Mode(rawValue: rawValue + 1) ?? .spinning }
  }

  /// The best mode so far.
  private(set) var current: Mode
  private let canSpin: Bool
  /// The mode under trial, and the one that was tried last.
  private var trial: Mode?
  private var lastTrialMode: Mode
  /// What a phase takes in the current mode, in nanoseconds.
  private var estimate: Float?

  /// When the last phase ended, 0 before the first; and what it took.
  private var lastEnd: UInt64 = 0
  private(set) var lastPhase = UInt64.max
  /// Phases since the last judgment, what they took, and in how many of them a party slept.
  private var phases: Int32 = 0
  private var nanoseconds: Float = 0
  private var slept: Int32 = 0
  private var shortest = Float.infinity
  private var lostSlices: Int32 = 0
  /// Whether waiting awake, the current mode, fails: in nearly all phases a party slept in the end.
  private var awakeFails = false
  /// What the present or last trial took beyond the estimate for as many phases.
  private var wasted: Float = 0
  /// Whether the next phase says nothing, because its parties arrived before the mode changed.
  private var isChanging = false
  /// When the next trial is due, and when the last one was judged.
  private(set) var nextTrial: UInt64
  private var lastTrial: UInt64 = 0
  private var consecutiveLosses: Int32 = 0

  /// Phases per judgment. In the current mode enough to smooth them, unless phases are so long, or lose so
  /// many time slices, that few must do. In a trial few, because they may be expensive.
  private static let currentPhases: Int32 = 16
  private static let trialPhases: Int32 = 4
  private static let longEnough: Float = 1e6
  private static let enoughLostSlices: Int32 = 2

  /// The next trial waits this many times what this one wasted or, if it won, what a trial of the old mode
  /// would waste.
  private static let backoffFactor: UInt64 = 32
  /// Bounded to hours, so that no sum overflows.
  private static func interval(afterWasting waste: Float) -> UInt64 {
    backoffFactor * UInt64(min(waste, 1e13))
  }
  private static let minTrialInterval: UInt64 = 1_000_000_000

  /// A trial ends early with a phase that takes this many times the estimate, and no phase counts for more.
  private static let trialAbortFactor: Float = 4

  /// A trial must be better by this factor. Timings of few phases vary by some percent, and of two equal
  /// modes the current one is as good.
  private static let margin: Float = 0.93

  /// How much longer phases may be when parties sleep at once, where waiting awake fails: no longer than
  /// timings vary. It saves processor time.
  private static let parkingTolerance: Float = 1.02

  init(_ current: Mode, canSpin: Bool, nextTrial: UInt64 = 0) {
    self.current = current
    self.canSpin = canSpin
    self.nextTrial = nextTrial
    lastTrialMode = current
  }

  private var mode: Mode { trial ?? current }

  /// Whether spinning succeeds so well that phases need not be timed: almost no party slept, and no mode is
  /// faster.
  private(set) var isSettled = false

  /// Records a phase, and returns the mode for the next. A party loses a time slice when it yields and does
  /// not soon get its processor back.
  mutating func phaseEnded(at now: UInt64, anySlept: Bool, lostTimeSlice: Bool = false) -> Mode {
    defer { lastEnd = now }
    guard lastEnd > 0, !isSettled else {
      isSettled = false
      return mode
    }
    lastPhase = now > lastEnd ? now - lastEnd : 0
    let duration = Float(lastPhase)
    // More than a second is not the trial's fault.
    if trial != nil, let estimate { wasted += min(duration, 1e9) - estimate }
    if isChanging {
      isChanging = false
      return mode
    }
    // A long pause between two phases is the caller's, or another process's: it counts as a few phases. But a
    // time slice that was lost by yielding counts in full.
    nanoseconds +=
      lostTimeSlice
      ? min(duration, 1e9) : estimate.map { min(duration, Self.trialAbortFactor * $0) } ?? duration
    shortest = min(shortest, duration)
    phases += 1
    if anySlept { slept += 1 }
    if lostTimeSlice { lostSlices += 1 }
    if trial != nil {
      judgeTrial(at: now, isTooLong: estimate.map { duration >= Self.trialAbortFactor * $0 } ?? false)
    } else {
      judgeCurrent(at: now)
    }
    return mode
  }

  private mutating func judgeCurrent(at now: UInt64) {
    let areLong = phases >= Self.trialPhases && shortest * Float(phases) >= Self.longEnough
    guard phases == Self.currentPhases || areLong || lostSlices == Self.enoughLostSlices else { return }
    // Without an estimate to compare a long pause with, the shortest phase serves.
    let average = max(1, nanoseconds / Float(phases))
    estimate =
      estimate.map { ($0 + average) / 2 }
      ?? (lostSlices > 0 ? average : min(average, Self.trialAbortFactor * max(1, shortest)))
    let awakeSucceeds = current != .parking && slept * Self.currentPhases <= phases
    isSettled = awakeSucceeds && current == .spinning
    awakeFails = current != .parking && slept * 8 >= phases * 7
    if !isSettled && now >= nextTrial && (!awakeSucceeds || now >= lastTrial &+ Self.minTrialInterval) {
      trial = nextTrialMode()
    }
    begin(isChanging: trial != nil)
  }

  /// All modes but the current one, in turn.
  private func nextTrialMode() -> Mode {
    var mode = lastTrialMode.next
    while mode == current || mode == .spinning && !canSpin { mode = mode.next }
    return mode
  }

  private mutating func judgeTrial(at now: UInt64, isTooLong: Bool) {
    guard let estimate, let trial, phases == Self.trialPhases || isTooLong else { return }
    let average = nanoseconds / Float(phases)
    let margin = awakeFails && trial == .parking ? Self.parkingTolerance : Self.margin
    lastTrialMode = trial
    lastTrial = now
    self.trial = nil
    if average < margin * estimate {
      current = trial
      self.estimate = max(1, average)
      consecutiveLosses = 0
      let gain = Float(Self.trialPhases) * (estimate - average)
      nextTrial = now &+ Self.interval(afterWasting: max(estimate, gain))
      begin(isChanging: false)
    } else {
      nextTrial = now &+ Self.interval(afterWasting: max(wasted, estimate)) << UInt64(consecutiveLosses)
      consecutiveLosses = min(consecutiveLosses + 1, 6)
      begin(isChanging: true)
    }
  }

  private mutating func begin(isChanging: Bool) {
    (phases, nanoseconds, slept, shortest, lostSlices) = (0, 0, 0, .infinity, 0)
    if trial == nil || isChanging { wasted = 0 }
    self.isChanging = isChanging
  }
}
