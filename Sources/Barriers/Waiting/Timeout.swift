internal import CBarriers

/// How long a party is willing to wait. Its time waitBegan to run when it first has to: the last party of a phase
/// never reads the clock.
enum Timeout: Sendable {
  case unlimited
  case after(Duration)
  case until(Deadline)

  init(_ timeout: Duration?) {
    self = timeout.map(Timeout.after) ?? .unlimited
  }

  init(until instant: ContinuousClock.Instant) {
    let now = ContinuousClock.now
    // A moment long past may be further away than a `Duration` can say; one to come cannot, for the clock began at 0.
    self = .after(instant > now ? now.duration(to: instant) : .zero)
  }

  /// The time waitBegan to run, unless it does already; `nil` if it never ends.
  mutating func deadline() -> Deadline? {
    if case .after(let timeout) = self {
      self = Deadline(after: timeout).map(Timeout.until) ?? .unlimited
    }
    if case .until(let deadline) = self { return deadline }
    return nil
  }
}

/// The moment at which a party gives up, on the clock that `ContinuousClock` reads too.
///
/// It is kept as numbers, for `ContinuousClock.Instant` has no layout known to the compiler, which would cost every
/// wait, timed or not, about as much as the rest of it.
struct Deadline: Equatable, Sendable {
  private let nanoseconds: UInt64
  private let timeoutNanoseconds: UInt64

  /// How long it was from the moment when the time began to run, to the nanosecond.
  var timeout: Duration { .nanoseconds(Int64(timeoutNanoseconds)) }

  /// Whether there was no time at all: then it is a try.
  var isImmediate: Bool { timeoutNanoseconds == 0 }

  /// `nil` if it is for ever: more than a century. No sum of a time of day and less than that overflows.
  init?(after timeout: Duration) {
    guard timeout < .seconds(100 * 366 * 86_400) else { return nil }
    let (seconds, attoseconds) = max(timeout, .zero).components
    timeoutNanoseconds = UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
    nanoseconds = cbarriers_nanoseconds() + timeoutNanoseconds
  }

  /// Whether it comes before another deadline, or before never.
  func isBefore(_ other: Deadline?) -> Bool {
    other.map { nanoseconds < $0.nanoseconds } ?? true
  }

  /// What is left now, 0 once the moment has come.
  var remainingNanoseconds: UInt64 {
    let now = cbarriers_nanoseconds()
    return nanoseconds > now ? nanoseconds - now : 0
  }
}
