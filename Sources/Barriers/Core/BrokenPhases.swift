/// The broken phases: why the barrier is broken now, and the errors that parties of earlier phases have not
/// taken yet.
///
/// A party may wake up long after its phase broke, when the barrier has been reset and is many phases
/// further. So an entry stays until every call that was counted in its phase has taken the error. A phase
/// without an entry completed.
///
/// However many are unread, recording one and taking its error costs the same on average: phases only grow,
/// so the entries are sorted, found by bisection, and removed many at a time.
struct BrokenPhases: Sendable {
  private struct Entry {
    let phase: UInt64
    /// `nil` once no party needs it any longer.
    var error: BrokenBarrierError?
    /// How many parties have not taken the error yet.
    var unread: Int
  }

  /// In the order of their phases.
  private var entries: [Entry] = []
  private var emptyEntries: Int32 = 0

  private var unread: Int32 = 0

  /// How many broken phases have parties that have not taken their error.
  var unreadBreaks: Int { Int(unread) }

  /// Whether the barrier is broken: by the last entry, because later phases do not open before a reset.
  private var isBroken = false

  /// Why the barrier is broken; `nil` while it is not.
  var currentError: BrokenBarrierError? { isBroken ? entries.last?.error : nil }

  /// Records a broken phase in which `readers` calls were counted. Each of them must take the error.
  mutating func record(_ error: BrokenBarrierError, readers: Int, staysBroken: Bool) {
    guard readers > 0 || staysBroken else { return }
    entries.append(Entry(phase: error.phase, error: error, unread: readers))
    if readers > 0 { unread += 1 }
    isBroken = staysBroken
  }

  /// The error of `phase`, for one of its parties; `nil` if the phase completed.
  mutating func takeError(for phase: UInt64) -> BrokenBarrierError? {
    guard let position = position(of: phase), let error = entries[position].error else { return nil }
    entries[position].unread -= 1
    if entries[position].unread == 0 {
      unread -= 1
      removeIfRead(position)
    }
    return error
  }

  /// The barrier is fresh again. Returns the error that it was broken by, which must not be destroyed under
  /// the lock.
  mutating func clear() -> BrokenBarrierError? {
    let error = currentError
    isBroken = false
    if error != nil { removeIfRead(entries.count - 1) }
    return error
  }

  private func position(of phase: UInt64) -> Int? {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].phase < phase { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && entries[low].phase == phase ? low : nil
  }

  /// Empties an entry that no party needs any longer, and removes the empty ones once they are the majority.
  private mutating func removeIfRead(_ position: Int) {
    if entries[position].unread > 0 || isBroken && position == entries.count - 1 { return }
    entries[position].error = nil
    emptyEntries += 1
    guard emptyEntries > entries.count / 2 else { return }
    entries.removeAll { $0.error == nil }
    emptyEntries = 0
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
