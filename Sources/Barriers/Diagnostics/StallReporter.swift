import Synchronization

/// Reports that a party has waited at a barrier for too long, once per phase.
///
/// `@unchecked Sendable`: the lock of the barrier to which it belongs guards what changes.
final class StallReporter: @unchecked Sendable {
  private let limit: Duration
  private let handler: @Sendable (BarrierSnapshot) -> Void
  /// The phase for which a timer was requested.
  private var phase: UInt64?
  private var hasReported = false
  /// One report at a time, so that slow reports do not fill the process with threads.
  private let isReporting = Atomic(false)

  /// The coarse clock advances in steps of up to ten milliseconds.
  private static var clockStep: Duration { .milliseconds(10) }

  /// When to try again, after a thread could not be started or while the previous report runs.
  static var nextAttempt: Deadline? { Deadline(after: .seconds(1)) }

  init(after limit: Duration, _ handler: @escaping @Sendable (BarrierSnapshot) -> Void) {
    self.limit = max(limit, .zero)
    self.handler = handler
  }

  /// A party has waited in the open phase since then, or is about to. Returns when it will have waited for
  /// too long, if no timer was requested in this phase. Called only while holding the lock.
  func waitBegan(_ phase: UInt64, since: UInt64) -> Deadline? {
    guard phase != self.phase else { return nil }
    (self.phase, hasReported) = (phase, false)
    return Deadline(after: limit - elapsed(since: since))
  }

  /// Whether the longest wait in the open phase is too long and not reported yet; otherwise, when to check
  /// again. Called only while holding the lock.
  func check(_ phase: UInt64, since: UInt64) -> (isDue: Bool, next: Deadline?) {
    if phase != self.phase { (self.phase, hasReported) = (phase, false) }
    if hasReported { return (false, nil) }
    let left = limit - elapsed(since: since)
    if left > .zero { return (false, Deadline(after: max(left, Self.clockStep))) }
    if isReporting.exchange(true, ordering: .acquiring) { return (false, Self.nextAttempt) }
    hasReported = true
    return (true, nil)
  }

  /// The timer could not be scheduled, so the next waiter must request it again. Called only while holding
  /// the lock.
  func rearm() {
    if !hasReported { phase = nil }
  }

  /// The report could not be made. Called only while holding the lock.
  func retryLater() {
    hasReported = false
  }

  /// Reports on a thread of its own, because the timekeeper must go on whatever the handler does. Returns
  /// `false` if no thread could be started.
  func report(_ snapshot: BarrierSnapshot) -> Bool {
    let failure = SystemThread.detach(named: "barriers-stall") { [self] in
      handler(snapshot)
      isReporting.store(false, ordering: .releasing)
    }
    if failure != nil { isReporting.store(false, ordering: .releasing) }
    return failure == nil
  }
}
