/// Learns which way of waiting makes a barrier's phases shorter.
///
/// A pure value: it is told when phases end, and answers how to wait in the next. It keeps an estimate of what a phase
/// takes in the usual way, and now and then tries another for a few phases. What the tries cost is bounded by
/// construction:
/// - A try ends with the first phase that takes four times as long as usual.
/// - After a try that lost, the next comes when 32 times of what it wasted have passed: so about 3 % of the time is
///   wasted, and less and less, for this doubles with each try that is lost in a row.
/// - While staying awake serves, so that nobody sleeps, another way is tried once a second at the most.
struct WaitLearner {
  enum Way: UInt64, Sendable {
    /// Looks again and again.
    case polling
    /// Gives the processor away, and looks when it has it back.
    case yielding
    /// Sleeps until woken.
    case sleeping

    fileprivate var next: Way { Way(rawValue: rawValue + 1) ?? .polling }
  }

  /// The way to wait that has been found best.
  private(set) var usual: Way
  /// Whether polling is a way at all.
  private let mayPoll: Bool
  /// The way that is being tried, and the one that was tried last.
  private var tried: Way?
  private var lastTried: Way
  /// What a phase takes in the usual way, in nanoseconds.
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
  /// Whether staying awake, as is usual, was in vain: in nearly all phases somebody slept in the end.
  private var isInVain = false
  /// What the try that is going on, or was the last, took beyond as many usual phases.
  private var wasted: Float = 0
  /// The next phase says nothing: those who wait in it came before the way was changed.
  private var isChanging = false
  /// When the next try is due, and when the last one was judged.
  private(set) var nextTry: UInt64
  private var lastTry: UInt64 = 0
  private var lossesInARow: Int32 = 0

  /// Phases on which a judgement rests: of the usual way enough to smooth them, unless they are so long, or lose so much,
  /// that few must do; of a try few, for they may be dear.
  private static let usualPhases: Int32 = 16
  private static let triedPhases: Int32 = 4
  private static let longEnough: Float = 1e6
  private static let enoughSlices: Int32 = 2
  /// What a try wastes, or will waste if it shows again what was just learned, is a small part of the time before it.
  private static let spacing: UInt64 = 32
  /// Hours are enough, and no sum of these overflows.
  private static func pause(after waste: Float) -> UInt64 { spacing * UInt64(min(waste, 1e13)) }
  private static let seldom: UInt64 = 1_000_000_000

  /// A phase that takes so many times as long as usual says all that there is to say.
  private static let endless: Float = 4

  /// By how much a try must be better. Timings of few phases vary by some per cent, and of two ways that take equally
  /// long the one in use is as good.
  private static let margin: Float = 0.93

  /// How much longer phases may be if everyone sleeps at once, where staying awake is in vain: nothing, but for what
  /// timings vary by. The processor's time is saved.
  private static let thrift: Float = 1.02

  init(_ usual: Way, mayPoll: Bool, nextTry: UInt64 = 0) {
    self.usual = usual
    self.mayPoll = mayPoll
    self.nextTry = nextTry
    lastTried = usual
  }

  private var way: Way { tried ?? usual }

  /// Whether polling serves so well that nobody needs to watch: almost nobody slept, and nothing is faster.
  private(set) var isContent = false

  /// Takes note of a phase, and answers how to wait in the next. A time slice is lost by a party that gave its processor
  /// away and did not soon have it back.
  mutating func phaseEnded(at now: UInt64, someoneSlept: Bool, lostSlice: Bool = false) -> Way {
    defer { lastEnd = now }
    guard lastEnd > 0, !isContent else {
      isContent = false
      return way
    }
    lastPhase = now > lastEnd ? now - lastEnd : 0
    let duration = Float(lastPhase)
    // More than a second was not the try's fault.
    if tried != nil, let estimate { wasted += min(duration, 1e9) - estimate }
    if isChanging {
      isChanging = false
      return way
    }
    // A long pause between two phases is the caller's, or another process's: it counts as a few phases. But a time slice
    // that was lost by yielding counts.
    nanoseconds +=
      lostSlice ? min(duration, 1e9) : estimate.map { min(duration, Self.endless * $0) } ?? duration
    shortest = min(shortest, duration)
    phases += 1
    if someoneSlept { slept += 1 }
    if lostSlice { lostSlices += 1 }
    if tried != nil {
      judgeTry(at: now, isEndless: estimate.map { duration >= Self.endless * $0 } ?? false)
    } else {
      judgeUsual(at: now)
    }
    return way
  }

  private mutating func judgeUsual(at now: UInt64) {
    let areLong = phases >= Self.triedPhases && shortest * Float(phases) >= Self.longEnough
    guard phases == Self.usualPhases || areLong || lostSlices == Self.enoughSlices else { return }
    // Before there is an estimate to hold a long pause against, the shortest phase serves.
    let average = max(1, nanoseconds / Float(phases))
    estimate =
      estimate.map { ($0 + average) / 2 }
      ?? (lostSlices > 0 ? average : min(average, Self.endless * max(1, shortest)))
    let serves = usual != .sleeping && slept * Self.usualPhases <= phases
    isContent = serves && usual == .polling
    isInVain = usual != .sleeping && slept * 8 >= phases * 7
    if !isContent && now >= nextTry && (!serves || now >= lastTry &+ Self.seldom) { tried = nextToTry() }
    begin(isChanging: tried != nil)
  }

  /// All ways but the usual one, in turn.
  private func nextToTry() -> Way {
    var way = lastTried.next
    while way == usual || way == .polling && !mayPoll { way = way.next }
    return way
  }

  private mutating func judgeTry(at now: UInt64, isEndless: Bool) {
    guard let estimate, let tried, phases == Self.triedPhases || isEndless else { return }
    let average = nanoseconds / Float(phases)
    let margin = isInVain && tried == .sleeping ? Self.thrift : Self.margin
    lastTried = tried
    lastTry = now
    self.tried = nil
    if average < margin * estimate {
      usual = tried
      self.estimate = max(1, average)
      lossesInARow = 0
      nextTry = now &+ Self.pause(after: max(estimate, Float(Self.triedPhases) * (estimate - average)))
      begin(isChanging: false)
    } else {
      nextTry = now &+ Self.pause(after: max(wasted, estimate)) << UInt64(lossesInARow)
      lossesInARow = min(lossesInARow + 1, 6)
      begin(isChanging: true)
    }
  }

  private mutating func begin(isChanging: Bool) {
    (phases, nanoseconds, slept, shortest, lostSlices) = (0, 0, 0, .infinity, 0)
    if tried == nil || isChanging { wasted = 0 }
    self.isChanging = isChanging
  }
}
