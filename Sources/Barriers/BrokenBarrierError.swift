/// The phase in which this party waited, or would have waited, broke: it completed for none of its parties.
///
/// Every party of the phase throws the same error, except for ``isOrigin``, and so does every party that
/// arrives later, until the barrier is reset. The error says what broke the phase, how many parties had
/// arrived, and whether this party was the cause.
///
/// ```swift
/// do throws(BrokenBarrierError) {
///   try barrier.wait(timeout: .seconds(2))
/// } catch {
///   // barrier "halo" broken in phase 17: timed out after 2.0 s with 3 of 5 parties arrived
///   print(error, error.isOrigin ? "(this party's timeout)" : "")
/// }
/// ```
///
/// `do throws(BrokenBarrierError)` keeps the error's type inside a closure. With a plain `do`, a `catch` in a
/// closure sees `any Error`.
public struct BrokenBarrierError: Error, Sendable, CustomStringConvertible {
  /// What broke the phase.
  public enum Reason: Sendable, Hashable {
    /// `abort(_:)` was called, or the body of `abortOnError(_:)` threw.
    case aborted
    /// A party's timeout passed before all parties had arrived.
    case timedOut
    /// A task was cancelled while it waited, or before it arrived.
    case cancelled
    /// The barrier's action threw an error.
    case actionFailed
    /// `reset()` was called while this party waited.
    case reset
  }

  /// What broke the phase. The first cause counts; later events change nothing.
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

  /// Whether this very party broke the phase: by its timeout, or by an error that its action threw. `false`
  /// for every party after `abort(_:)` or `reset()`.
  public private(set) var isOrigin = false

  /// The names of the parties that had not arrived, where that can be known: at the barrier of a team, if no
  /// member was still spinning or yielding there. Otherwise empty.
  public var missing: [String] { missingMembers.map { memberName(label, $0) } }

  /// By index. The names are built only when they are asked for.
  private let missingMembers: [Int]

  /// The index of the party that broke the phase, if a party did.
  private let origin: Int?

  /// The barrier's identity.
  private let barrier: UInt64

  /// The timeout of the party that timed out, counted from its arrival.
  let timeout: Duration?

  init(
    _ cause: BreakCause, at barrier: UInt64, phase: UInt64, arrived: Int, parties: Int, label: String?,
    missing missingMembers: [Int] = []
  ) {
    self.missingMembers = missingMembers
    self.barrier = barrier
    reason = cause.reason
    underlyingError = cause.underlyingError
    timeout = cause.timeout
    origin = cause.origin
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

  /// What happened, for a person: `barrier "halo" broken in phase 17: timed out after 2.0 s with 3 of 5
  /// parties arrived`, followed by the missing members of a team and by the underlying error, if there are
  /// any.
  public var description: String {
    let name = label.map { "barrier \($0.quoted)" } ?? "barrier"
    let cause = underlyingError.map { "; cause: \($0)" } ?? ""
    let absent = missing.isEmpty ? "" : "; missing: \(missing.quotedList)"
    return "\(name) broken in phase \(phase): \(event) with \(arrived) of \(parties) parties arrived"
      + absent + cause
  }

  private var event: String {
    switch reason {
    case .aborted: "aborted"
    case .timedOut: "timed out" + (timeout.map { " after \($0.text)" } ?? "")
    case .cancelled: "a task was cancelled"
    case .actionFailed: "the action failed"
    case .reset: "reset"
    }
  }
}
