/// The phase in which this party waited, or wanted to, was broken: it completed for none of its parties.
///
/// Every party of the phase throws the same error, and so does everyone who arrives later, until the barrier is
/// reset. The error says what broke it, who was there, and whether this very party was the cause.
///
/// ```swift
/// do {
///   try barrier.wait(timeout: .seconds(2))
/// } catch {
///   // barrier "halo" broken in phase 17: timed out after 2.0 s with 3 of 5 parties arrived
///   print(error, error.isOrigin ? "- and it was I who gave up" : "")
/// }
/// ```
public struct BrokenBarrierError: Error, Sendable, CustomStringConvertible {
  /// What broke the phase.
  public enum Reason: Sendable, Hashable {
    /// Somebody called `abort(_:)`, or threw out of `abortOnError(_:)`.
    case aborted
    /// A party's time ran out before all had arrived.
    case timedOut
    /// A task was cancelled that waited, or was about to.
    case cancelled
    /// The barrier's action threw an error.
    case actionFailed
    /// Somebody called `reset()` while this party waited.
    case reset
  }

  /// What broke the phase. The first cause counts; what happened to the barrier afterwards changes nothing.
  public let reason: Reason

  /// What `abort(_:)` was given, or what the action threw.
  public let underlyingError: (any Error)?

  /// The number of the phase that broke.
  public let phase: UInt64

  /// How many parties had arrived when it broke.
  public let arrived: Int

  /// How many parties the barrier has.
  public let parties: Int

  /// The barrier's label.
  public let label: String?

  /// Whether this very party broke the phase: by its time-out, its cancellation, or the action that it ran.
  public private(set) var isOrigin = false

  /// The index of the party that broke the phase, if it was one.
  private let origin: Int?

  /// The barrier: no other has the same while it exists.
  private let barrier: UInt

  /// What the party that timed out had timeout, counted from its arrival.
  let timeout: Duration?

  init(
    _ breakage: BreakCause, at barrier: UInt, phase: UInt64, arrived: Int, parties: Int, label: String?
  ) {
    self.barrier = barrier
    reason = breakage.reason
    underlyingError = breakage.underlyingError
    timeout = breakage.timeout
    origin = breakage.origin
    self.phase = phase
    self.arrived = arrived
    self.parties = parties
    self.label = label
  }

  /// Whether this is the barrier that broke.
  func isOf(_ barrier: ThreadBarrier) -> Bool {
    self.barrier == barrier.core.identity
  }

  /// The error as the party with this index throws it.
  func seen(by index: Int) -> BrokenBarrierError {
    var copy = self
    copy.isOrigin = index == origin
    return copy
  }

  /// What happened, for a person: `barrier "halo" broken in phase 17: timed out after 2.0 s with 3 of 5 parties
  /// arrived`, followed by the underlying error if there is one.
  public var description: String {
    let name = label.map { "barrier \"\($0)\"" } ?? "barrier"
    let cause = underlyingError.map { "; cause: \($0)" } ?? ""
    return "\(name) broken in phase \(phase): \(event) with \(arrived) of \(parties) parties arrived\(cause)"
  }

  private var event: String {
    switch reason {
    case .aborted: "aborted"
    case .timedOut: "timed out" + (timeout.map { " after \($0.inSeconds)" } ?? "")
    case .cancelled: "a task was cancelled"
    case .actionFailed: "the action failed"
    case .reset: "reset"
    }
  }
}

extension Duration {
  /// `2.0 s`, to the millisecond; what is shorter than a second, to the microsecond.
  var inSeconds: String {
    let (seconds, attoseconds) = components
    let exact = Double(seconds) + Double(attoseconds) * 1e-18
    let precision = exact < 1 ? 1e6 : 1e3
    return "\((exact * precision).rounded() / precision) s"
  }
}
