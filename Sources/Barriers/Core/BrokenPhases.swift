/// The broken phases: why the barrier is broken now, and what parties of earlier phases have yet to be told.
///
/// A party may wake up long after its phase broke, when the barrier has been reset and is many phases further.
/// So an entry stays until every token that was counted in its phase has read it. A phase without an entry
/// completed.
struct BrokenPhases: Sendable {
  private struct Entry {
    let error: BrokenBarrierError
    /// How many parties must still be told.
    var unread: Int
    /// Whether the barrier is still broken by it.
    var isCurrent: Bool
  }

  private var entries: [Entry] = []

  /// Why the barrier is broken; `nil` while it is not.
  var currentError: BrokenBarrierError? { entries.last(where: \.isCurrent)?.error }

  var unreadBreaks: Int { entries.count { $0.unread > 0 } }

  /// Notes a broken phase in which `readers` calls were counted, all of which must be told.
  mutating func record(_ error: BrokenBarrierError, readers: Int, staysBroken: Bool) {
    guard readers > 0 || staysBroken else { return }
    entries.append(Entry(error: error, unread: readers, isCurrent: staysBroken))
  }

  /// Tells one party of `phase` how that phase broke; `nil` if it completed.
  mutating func takeError(for phase: UInt64) -> BrokenBarrierError? {
    guard let position = entries.firstIndex(where: { $0.error.phase == phase }) else { return nil }
    entries[position].unread -= 1
    return removeIfRead(position)
  }

  /// The barrier is fresh again; returns what was wrong with it.
  mutating func clear() -> BrokenBarrierError? {
    guard let position = entries.lastIndex(where: \.isCurrent) else { return nil }
    entries[position].isCurrent = false
    return removeIfRead(position)
  }

  /// Removes an entry that nobody needs any more. Returns its error: destroying that is not for here, under the lock.
  private mutating func removeIfRead(_ position: Int) -> BrokenBarrierError {
    let entry = entries[position]
    if entry.unread == 0 && !entry.isCurrent { entries.remove(at: position) }
    return entry.error
  }
}
