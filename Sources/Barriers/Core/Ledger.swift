/// The broken phases: why the barrier is broken now, and what parties of earlier phases have yet to be told.
///
/// A party may wake up long after its phase broke, when the barrier has been reset and is many phases further.
/// So an entry stays until every call that was counted in its phase has read it. A phase without an entry
/// completed.
struct Ledger: Sendable {
  private struct Entry {
    let error: BrokenBarrierError
    var unread: Int
  }

  /// Why the barrier is broken; `nil` while it is not.
  private(set) var breakage: BrokenBarrierError?
  private var entries: [Entry] = []

  var untoldPhases: Int { entries.count }

  /// Notes a broken phase in which `readers` calls were counted, all of which must be told.
  mutating func record(_ error: BrokenBarrierError, readers: Int, staysBroken: Bool) {
    if staysBroken { breakage = error }
    if readers > 0 { entries.append(Entry(error: error, unread: readers)) }
  }

  /// Tells one party of `phase` how that phase broke; `nil` if it completed.
  mutating func read(_ phase: UInt64) -> BrokenBarrierError? {
    guard let position = entries.firstIndex(where: { $0.error.phase == phase }) else { return nil }
    defer { if entries[position].unread == 0 { entries.remove(at: position) } }
    entries[position].unread -= 1
    return entries[position].error
  }

  /// The barrier is fresh again; returns what was wrong with it.
  mutating func mend() -> BrokenBarrierError? {
    defer { breakage = nil }
    return breakage
  }
}
