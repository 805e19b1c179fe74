internal import CBarriers

/// How long a party is willing to wait.
///
/// The time starts when the party first has to wait. So the last party of a phase never reads the clock.
enum Timeout: Sendable {
  case unlimited
  case after(Duration)
  case until(Deadline)

  init(_ timeout: Duration?) {
    self = timeout.map(Timeout.after) ?? .unlimited
  }

  init(until instant: ContinuousClock.Instant) {
    let now = ContinuousClock.now
    // The distance to a moment long past may overflow a `Duration`. The distance to a future one cannot,
    // because the clock started at 0.
    self = .after(instant > now ? now.duration(to: instant) : .zero)
  }

  /// Starts the time, unless it has started already. `nil` if the party waits forever.
  mutating func deadline() -> Deadline? {
    if case .after(let timeout) = self {
      self = Deadline(after: timeout).map(Timeout.until) ?? .unlimited
    }
    if case .until(let deadline) = self { return deadline }
    return nil
  }
}

/// The moment at which a party gives up, on the clock that `ContinuousClock` reads.
///
/// Two integers, because the layout of `ContinuousClock.Instant` is not known to the compiler. With an
/// instant, every wait would cost about twice as much, with or without a timeout.
struct Deadline: Equatable, Sendable {
  private let nanoseconds: UInt64
  private let timeoutNanoseconds: UInt64

  /// The time between its start and the deadline, to the nanosecond.
  var timeout: Duration { .nanoseconds(Int64(timeoutNanoseconds)) }

  /// Whether the timeout was zero or less: the party does not wait.
  var isImmediate: Bool { timeoutNanoseconds == 0 }

  /// `nil` for a timeout of more than a century, which is forever. So no sum of a time and a timeout
  /// overflows.
  init?(after timeout: Duration) {
    guard timeout < .seconds(100 * 366 * 86_400) else { return nil }
    let (seconds, attoseconds) = max(timeout, .zero).components
    timeoutNanoseconds = UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
    nanoseconds = cbarriers_nanoseconds() + timeoutNanoseconds
  }

  /// Whether this is earlier than another deadline, or than never.
  func isBefore(_ other: Deadline?) -> Bool {
    other.map { nanoseconds < $0.nanoseconds } ?? true
  }

  /// The time left now; 0 once the deadline has passed.
  var remainingNanoseconds: UInt64 {
    let now = cbarriers_nanoseconds()
    return nanoseconds > now ? nanoseconds - now : 0
  }
}
