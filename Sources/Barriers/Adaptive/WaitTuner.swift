/// Learns which way of waiting makes a barrier's phases shorter.
///
/// A pure value: it is told when phases end, and answers how to wait in the next. It keeps an estimate of what a phase
/// takes in the current way, and now and then tries another for a few phases. What the tries cost is bounded by
/// construction:
/// - A try ends with the first phase that takes four times as long as current.
/// - After a try that lost, the next comes when 32 times of what it wasted have passed: so about 3 % of the time is
///   wasted, and less and less, for this doubles with each try that is lost in a row.
/// - While staying awake serves, so that nobody sleeps, another way is trial once a second at the most.
struct WaitTuner {
  enum Mode: UInt64, Sendable {
    /// Looks again and again.
    case spinning
    /// Gives the processor away, and looks when it has it back.
    case yielding
    /// Sleeps until woken.
    case parking

    fileprivate var next: Mode { Mode(rawValue: rawValue + 1) ?? .spinning }
  }

  /// The way to wait that has been found best.
  private(set) var current: Mode
  /// Whether polling is a way at all.
  private let canSpin: Bool
  /// The way that is being trial, and the one that was trial last.
  private var trial: Mode?
  private var lastTrialMode: Mode
  /// What a phase takes in the current way, in nanoseconds.
  private var estimate: Float?

  /// When the last phase ended, 0 before the first; and what it took.
  private var lastEnd: UInt64 = 0
  private(set) var lastPhase = UInt64.max
  /// Phases since the last judgement, what they took, and in how many of them somebody slept.
  private var phases: Int32 = 0
  private var nanoseconds: Float = 0
  private var slept: Int32 = 0
  private var shortest = Float.infinity
  private var lostSlices: Int32 = 0
  /// Whether staying awake, as is current, was in vain: in nearly all phases somebody slept in the end.
  private var awakeFails = false
  /// What the try that is going on, or was the last, took beyond as many current phases.
  private var wasted: Float = 0
  /// The next phase says nothing: those who wait in it came before the way was changed.
  private var isChanging = false
  /// When the next try is due, and when the last one was judged.
  private(set) var nextTrial: UInt64
  private var lastTrial: UInt64 = 0
  private var consecutiveLosses: Int32 = 0

  /// Phases on which a judgement rests: of the current way enough to smooth them, unless they are so long, or lose so much,
  /// that few must do; of a try few, for they may be dear.
  private static let currentPhases: Int32 = 16
  private static let trialPhases: Int32 = 4
  private static let longEnough: Float = 1e6
  private static let enoughSlices: Int32 = 2
  /// What a try wastes, or will waste if it shows again what was just learned, is a small part of the time before it.
  private static let backoffFactor: UInt64 = 32
  /// Hours are enough, and no sum of these overflows.
  private static func pause(after waste: Float) -> UInt64 { backoffFactor * UInt64(min(waste, 1e13)) }
  private static let minTrialInterval: UInt64 = 1_000_000_000

  /// A phase that takes so many times as long as current says all that there is to say.
  private static let trialAbortFactor: Float = 4

  /// By how much a try must be better. Timings of few phases vary by some per cent, and of two ways that take equally
  /// long the one in use is as good.
  private static let margin: Float = 0.93

  /// How much longer phases may be if everyone sleeps at once, where staying awake is in vain: nothing, but for what
  /// timings vary by. The processor's time is saved.
  private static let parkingTolerance: Float = 1.02

  init(_ current: Mode, canSpin: Bool, nextTrial: UInt64 = 0) {
    self.current = current
    self.canSpin = canSpin
    self.nextTrial = nextTrial
    lastTrialMode = current
  }

  private var way: Mode { trial ?? current }

  /// Whether polling serves so well that nobody needs to watch: almost nobody slept, and nothing is faster.
  private(set) var isSettled = false

  /// Takes note of a phase, and answers how to wait in the next. A time slice is lost by a party that gave its processor
  /// away and did not soon have it back.
  mutating func phaseEnded(at now: UInt64, anySlept: Bool, lostTimeSlice: Bool = false) -> Mode {
    defer { lastEnd = now }
    guard lastEnd > 0, !isSettled else {
      isSettled = false
      return way
    }
    lastPhase = now > lastEnd ? now - lastEnd : 0
    let duration = Float(lastPhase)
    // More than a second was not the try's fault.
    if trial != nil, let estimate { wasted += min(duration, 1e9) - estimate }
    if isChanging {
      isChanging = false
      return way
    }
    // A long pause between two phases is the caller's, or another process's: it counts as a few phases. But a time slice
    // that was lost by yielding counts.
    nanoseconds +=
      lostTimeSlice
      ? min(duration, 1e9) : estimate.map { min(duration, Self.trialAbortFactor * $0) } ?? duration
    shortest = min(shortest, duration)
    phases += 1
    if anySlept { slept += 1 }
    if lostTimeSlice { lostSlices += 1 }
    if trial != nil {
      judgeTrial(at: now, isEndless: estimate.map { duration >= Self.trialAbortFactor * $0 } ?? false)
    } else {
      judgeCurrent(at: now)
    }
    return way
  }

  private mutating func judgeCurrent(at now: UInt64) {
    let areLong = phases >= Self.trialPhases && shortest * Float(phases) >= Self.longEnough
    guard phases == Self.currentPhases || areLong || lostSlices == Self.enoughSlices else { return }
    // Before there is an estimate to hold a long pause against, the shortest phase serves.
    let average = max(1, nanoseconds / Float(phases))
    estimate =
      estimate.map { ($0 + average) / 2 }
      ?? (lostSlices > 0 ? average : min(average, Self.trialAbortFactor * max(1, shortest)))
    let serves = current != .parking && slept * Self.currentPhases <= phases
    isSettled = serves && current == .spinning
    awakeFails = current != .parking && slept * 8 >= phases * 7
    if !isSettled && now >= nextTrial && (!serves || now >= lastTrial &+ Self.minTrialInterval) {
      trial = nextTrialMode()
    }
    begin(isChanging: trial != nil)
  }

  /// All ways but the current one, in turn.
  private func nextTrialMode() -> Mode {
    var way = lastTrialMode.next
    while way == current || way == .spinning && !canSpin { way = way.next }
    return way
  }

  private mutating func judgeTrial(at now: UInt64, isEndless: Bool) {
    guard let estimate, let trial, phases == Self.trialPhases || isEndless else { return }
    let average = nanoseconds / Float(phases)
    let margin = awakeFails && trial == .parking ? Self.parkingTolerance : Self.margin
    lastTrialMode = trial
    lastTrial = now
    self.trial = nil
    if average < margin * estimate {
      current = trial
      self.estimate = max(1, average)
      consecutiveLosses = 0
      nextTrial = now &+ Self.pause(after: max(estimate, Float(Self.trialPhases) * (estimate - average)))
      begin(isChanging: false)
    } else {
      nextTrial = now &+ Self.pause(after: max(wasted, estimate)) << UInt64(consecutiveLosses)
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
