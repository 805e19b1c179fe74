/// Somebody who wants to be told that others have slept at a barrier for long; once a phase.
///
/// `@unchecked Sendable`: what changes is guarded by the lock of the barrier, to which it belongs.
final class StallWatch: @unchecked Sendable {
  private let patience: Duration
  private let report: @Sendable (BarrierSnapshot) -> Void
  /// The phase for which the timekeeper was asked to come.
  private var phase: UInt64?
  private var hasReported = false

  init(after patience: Duration, _ report: @escaping @Sendable (BarrierSnapshot) -> Void) {
    self.patience = max(patience, .zero)
    self.report = report
  }

  /// Somebody has slept in the open phase since then, or is about to. Returns when that will have been too long, if nobody
  /// has asked in this phase. Called only while holding the lock.
  func begins(_ phase: UInt64, since: UInt64) -> Deadline? {
    guard phase != self.phase else { return nil }
    (self.phase, hasReported) = (phase, false)
    return Deadline(after: patience - elapsed(since: since))
  }

  /// Whether the first who sleeps in the open phase has slept for too long, and nobody has been told; or else when to look
  /// again. Called only while holding the lock.
  func looks(_ phase: UInt64, since: UInt64) -> (isDue: Bool, next: Deadline?) {
    if phase != self.phase { (self.phase, hasReported) = (phase, false) }
    if hasReported { return (false, nil) }
    let left = patience - elapsed(since: since)
    if left > .zero { return (false, Deadline(after: left)) }
    hasReported = true
    return (true, nil)
  }

  /// On a thread of its own, for the timekeeper must go on; if there is none left, on the timekeeper's.
  func tell(_ snapshot: BarrierSnapshot) {
    let report = report
    if SystemThread.detach(named: "barriers-stall", { report(snapshot) }) != nil { report(snapshot) }
  }
}
