/// What breaks a phase.
struct BreakCause {
  let reason: BrokenBarrierError.Reason
  /// What `abort(_:)` was given, or what the action threw.
  let underlyingError: (any Error)?
  /// What the party that timed out had timeout.
  let timeout: Duration?
  /// The index of the party that broke it, if it was one.
  let origin: Int?

  init(
    _ reason: BrokenBarrierError.Reason, _ underlyingError: (any Error)? = nil,
    after timeout: Duration? = nil,
    by origin: Int? = nil
  ) {
    self.reason = reason
    self.underlyingError = underlyingError
    self.timeout = timeout
    self.origin = origin
  }
}
