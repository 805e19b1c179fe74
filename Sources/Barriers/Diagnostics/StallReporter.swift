import Synchronization

/// Somebody who wants to be told that others have slept at a barrier for long; once a phase.
///
/// `@unchecked Sendable`: what changes is guarded by the lock of the barrier to which it belongs.
final class StallReporter: @unchecked Sendable {
  private let patience: Duration
  private let report: @Sendable (BarrierSnapshot) -> Void
  /// The phase for which the timekeeper was asked to come.
  private var phase: UInt64?
  private var hasReported = false
  /// One report at a time, so that those that take long do not fill the process with threads.
  private let isReporting = Atomic(false)

  /// The coarse clock goes in steps of up to ten milliseconds.
  private static var step: Duration { .milliseconds(10) }

  /// When to try again what could not be done for want of a thread, or because the report before this one takes its time.
  static var nextTry: Deadline? { Deadline(after: .seconds(1)) }

  init(after patience: Duration, _ report: @escaping @Sendable (BarrierSnapshot) -> Void) {
    self.patience = max(patience, .zero)
    self.report = report
  }

  /// Somebody has slept in the open phase since then, or is about to. Returns when that will have been too long, if nobody
  /// has asked in this phase. Called only while holding the lock.
  func waitBegan(_ phase: UInt64, since: UInt64) -> Deadline? {
    guard phase != self.phase else { return nil }
    (self.phase, hasReported) = (phase, false)
    return Deadline(after: patience - elapsed(since: since))
  }

  /// Whether the first who sleeps in the open phase has slept for too long, and nobody has been told; or else when to look
  /// again. Called only while holding the lock.
  func check(_ phase: UInt64, since: UInt64) -> (isDue: Bool, next: Deadline?) {
    if phase != self.phase { (self.phase, hasReported) = (phase, false) }
    if hasReported { return (false, nil) }
    let left = patience - elapsed(since: since)
    if left > .zero { return (false, Deadline(after: max(left, Self.step))) }
    if isReporting.exchange(true, ordering: .acquiring) { return (false, Self.nextTry) }
    hasReported = true
    return (true, nil)
  }

  /// The timekeeper does not come, so the next who falls asleep has to ask again. Called only while holding the lock.
  func rearm() {
    if !hasReported { phase = nil }
  }

  /// Nobody could be told. Called only while holding the lock.
  func retryLater() {
    hasReported = false
  }

  /// Tells on a thread of its own, for the timekeeper must go on, whatever the report does. Answers `false` if there is no
  /// thread left.
  func report(_ snapshot: BarrierSnapshot) -> Bool {
    let failure = SystemThread.detach(named: "barriers-stall") { [self] in
      report(snapshot)
      isReporting.store(false, ordering: .releasing)
    }
    if failure != nil { isReporting.store(false, ordering: .releasing) }
    return failure == nil
  }
}
