/// Learns which way of waiting makes a barrier's phases shorter: staying awake or sleeping.
///
/// A pure value: it is told when phases end, and answers how to wait in the next. It keeps an estimate of what a phase
/// takes in the usual way, and now and then tries the other for a few phases. What the tries cost is bounded by
/// construction:
/// - A try ends with the first phase that takes four times as long as usual.
/// - After a try that lost, the next comes when 32 times of what it wasted have passed: so about 3 % of the time is
///   wasted, and less and less, for this doubles with each try that is lost in a row.
struct WaitLearner {
  enum Way: Sendable { case awake, asleep }

  /// The way to wait that has been found better.
  private(set) var usual: Way
  private var isTrying = false
  /// What a phase takes in the usual way, in nanoseconds.
  private var estimate: Double?

  private var lastEnd: UInt64?
  /// Phases since the last judgement, what they took, and in how many of them somebody slept.
  private var phases = 0
  private var nanoseconds = 0.0
  private var slept = 0
  /// What the try that is going on, or was the last, took beyond as many usual phases.
  private var wasted = 0.0
  /// The next phase says nothing: those who wait in it came before the way was changed.
  private var isChanging = false
  private var nextTry: UInt64 = 0
  private var lossesInARow = 0

  /// Phases on which a judgement rests: of the usual way enough to smooth them; of a try few, for they may be dear.
  private static let usualPhases = 16
  private static let triedPhases = 4

  /// A phase that takes so many times as long as usual says all that there is to say.
  private static let endless = 4.0

  /// By how much a try must be better. Timings of few phases vary by some per cent, and of two ways that take equally
  /// long the one in use is as good.
  private static let margin = 0.93

  init(_ usual: Way) {
    self.usual = usual
  }

  private var way: Way { isTrying == (usual == .awake) ? .asleep : .awake }

  /// Whether staying awake serves so well that nobody needs to watch: almost nobody slept.
  private(set) var isContent = false

  /// Takes note of a phase, and answers how to wait in the next.
  mutating func phaseEnded(at now: UInt64, someoneSlept: Bool) -> Way {
    defer { lastEnd = now }
    guard let lastEnd, !isContent else {
      isContent = false
      return way
    }
    let duration = Double(now > lastEnd ? now - lastEnd : 0)
    // More than a second was not the try's fault.
    if isTrying, let estimate { wasted += min(duration, 1e9) - estimate }
    if isChanging {
      isChanging = false
      return way
    }
    // A long pause between two phases is the caller's, or another process's: it counts as a few phases.
    nanoseconds += estimate.map { min(duration, Self.endless * $0) } ?? duration
    phases += 1
    if someoneSlept { slept += 1 }
    if isTrying {
      judgeTry(at: now, isEndless: estimate.map { duration >= Self.endless * $0 } ?? false)
    } else {
      judgeUsual(at: now)
    }
    return way
  }

  private mutating func judgeUsual(at now: UInt64) {
    guard phases == Self.usualPhases else { return }
    let average = nanoseconds / Double(phases)
    estimate = estimate.map { ($0 + average) / 2 } ?? average
    isContent = usual == .awake && slept <= 1
    if !isContent && now >= nextTry { isTrying = true }
    begin(isChanging: isTrying)
  }

  private mutating func judgeTry(at now: UInt64, isEndless: Bool) {
    guard let estimate, phases == Self.triedPhases || isEndless else { return }
    let average = nanoseconds / Double(phases)
    isTrying = false
    if average < Self.margin * estimate {
      usual = usual == .awake ? .asleep : .awake
      self.estimate = average
      lossesInARow = 0
      nextTry = now &+ UInt64(min(64 * average, 1e15))
      begin(isChanging: false)
    } else {
      nextTry = now &+ UInt64(min(32 * max(wasted, estimate), 1e15)) << UInt64(min(lossesInARow, 6))
      lossesInARow += 1
      begin(isChanging: true)
    }
  }

  private mutating func begin(isChanging: Bool) {
    (phases, nanoseconds, slept) = (0, 0, 0)
    if !isTrying || isChanging { wasted = 0 }
    self.isChanging = isChanging
  }
}
