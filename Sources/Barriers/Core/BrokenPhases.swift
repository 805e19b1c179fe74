/// The broken phases: why the barrier is broken now, and the errors that parties of earlier phases have not
/// taken yet.
///
/// A party may wake up long after its phase broke, when the barrier has been reset and is many phases
/// further. So an entry stays until every call that was counted in its phase has taken the error. A phase
/// without an entry completed.
struct BrokenPhases: Sendable {
  private struct Entry {
    let error: BrokenBarrierError
    /// How many parties have not taken the error yet.
    var unread: Int
    /// Whether the barrier is still broken by it.
    var isCurrent: Bool
  }

  private var entries: [Entry] = []

  /// Why the barrier is broken; `nil` while it is not.
  var currentError: BrokenBarrierError? { entries.last(where: \.isCurrent)?.error }

  var unreadBreaks: Int { entries.count { $0.unread > 0 } }

  /// Records a broken phase in which `readers` calls were counted. Each of them must take the error.
  mutating func record(_ error: BrokenBarrierError, readers: Int, staysBroken: Bool) {
    guard readers > 0 || staysBroken else { return }
    entries.append(Entry(error: error, unread: readers, isCurrent: staysBroken))
  }

  /// The error of `phase`, for one of its parties; `nil` if the phase completed.
  mutating func takeError(for phase: UInt64) -> BrokenBarrierError? {
    guard let position = entries.firstIndex(where: { $0.error.phase == phase }) else { return nil }
    entries[position].unread -= 1
    return removeIfRead(position)
  }

  /// The barrier is fresh again. Returns the error that it was broken by.
  mutating func clear() -> BrokenBarrierError? {
    guard let position = entries.lastIndex(where: \.isCurrent) else { return nil }
    entries[position].isCurrent = false
    return removeIfRead(position)
  }

  /// Removes an entry that no party needs any more. Returns its error, which must not be destroyed here,
  /// under the lock.
  private mutating func removeIfRead(_ position: Int) -> BrokenBarrierError {
    let entry = entries[position]
    if entry.unread == 0 && !entry.isCurrent { entries.remove(at: position) }
    return entry.error
  }
}

/// What breaks a phase.
struct BreakCause {
  let reason: BrokenBarrierError.Reason
  /// What `abort(_:)` was given, or what the action threw.
  let underlyingError: (any Error)?
  /// The timeout of the party that timed out.
  let timeout: Duration?
  /// The index of the party that broke the phase, if a party did.
  let origin: Int?

  init(
    _ reason: BrokenBarrierError.Reason, _ underlyingError: (any Error)? = nil,
    after timeout: Duration? = nil, by origin: Int? = nil
  ) {
    self.reason = reason
    self.underlyingError = underlyingError
    self.timeout = timeout
    self.origin = origin
  }
}
