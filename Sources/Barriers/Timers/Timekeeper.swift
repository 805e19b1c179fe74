internal import CBarriers

/// Fires the timers of barriers: for tasks that wait with a timeout, and for stall reports.
///
/// A thread that waits with a timeout needs no timer, because its sleep is timed. A task has no thread, and
/// must not rely on getting one: if all threads of the pool are blocked, perhaps at this very barrier, a
/// sleeping task would learn too late that its time is over. So one thread of the process keeps the time for
/// all barriers. It sleeps until the first timer is due, and ends when there is none.
///
/// A barrier has at most one timer, the earliest that it requested. When that fires, the barrier itself
/// checks what has expired and when the next timer must fire. So a timer that is no longer needed costs one
/// call and harms nothing.
///
/// In a forked child the thread is gone, and so are the timers of the parent's barriers. The first timer of a
/// barrier that the child creates starts a thread again.
final class Timekeeper: Sendable {
  static let shared: Timekeeper = {
    let timekeeper = Timekeeper()
    // If it cannot be registered, the system has no memory left: a child would be told of no timer.
    _ = cbarriers_on_fork { Timekeeper.shared.queue.startAgain(with: TimerQueue()) }
    return timekeeper
  }()

  private struct TimerEntry {
    let deadline: Deadline
    let barrier: WeakBarrier
    let identity: ObjectIdentifier
  }

  /// An entry keeps no barrier alive.
  private final class WeakBarrier: Sendable {
    weak let barrier: ThreadBarrier?
    init(_ barrier: ThreadBarrier) { self.barrier = barrier }
  }

  private struct TimerQueue {
    /// Sorted by deadline. Most entries are appended, because most timeouts are alike.
    private(set) var entries: [TimerEntry] = []
    private var deadlines: [ObjectIdentifier: Deadline] = [:]
    var isThreadRunning = false

    /// Adds an entry. It replaces a later one of the same barrier, and is ignored if there is an earlier one.
    mutating func insert(_ new: TimerEntry) {
      if let deadline = deadlines[new.identity], !new.deadline.isBefore(deadline) { return }
      remove(new.identity)
      deadlines[new.identity] = new.deadline
      let position = entries.lastIndex { !new.deadline.isBefore($0.deadline) }.map { $0 + 1 } ?? 0
      entries.insert(new, at: position)
    }

    mutating func remove(_ identity: ObjectIdentifier) {
      guard deadlines.removeValue(forKey: identity) != nil else { return }
      entries.firstIndex { $0.identity == identity }.map { _ = entries.remove(at: $0) }
    }
  }

  private let queue = Monitor(TimerQueue())

  /// Fires the barrier's timer at that moment. Returns an error if no thread could be started to do so.
  func schedule(_ barrier: ThreadBarrier, at deadline: Deadline) -> TimekeepingError? {
    let entry = TimerEntry(
      deadline: deadline, barrier: WeakBarrier(barrier), identity: ObjectIdentifier(barrier))
    return queue.wakeAll { queue in
      queue.insert(entry)
      // Under the lock, so a caller that finds the thread running can rely on it.
      let error = queue.isThreadRunning ? 0 : startThread()
      queue.isThreadRunning = error == 0
      return error == 0 ? nil : TimekeepingError(errorNumber: error)
    }
  }

  /// Cancels the timer of a barrier that is being deinitialized.
  func cancel(_ barrier: ThreadBarrier) {
    queue.wakeAll { $0.remove(ObjectIdentifier(barrier)) }
  }

  private func startThread() -> Int32 {
    unsafe cbarriers_thread_start_detached("barriers-time", { _ in Timekeeper.shared.run() }, nil)
  }

  /// What the thread does until no timer is left.
  private func run() {
    while let next = nextDeadline() {
      // Sleeps until that deadline, or until another entry is the first.
      _ = queue.wait(until: next) { $0.entries.first?.deadline == next ? nil : true }
      while let entry = takeExpired() {
        guard let barrier = entry.barrier.barrier else { continue }
        if let again = barrier.core.timerFired() {
          // Cannot fail, because this thread is running. The barrier is held until it is in the queue, so
          // that no other barrier can have its identity before that.
          _ = schedule(barrier, at: again)
        }
      }
    }
  }

  private func nextDeadline() -> Deadline? {
    queue.withLock { queue in
      if queue.entries.isEmpty { queue.isThreadRunning = false }
      return queue.entries.first?.deadline
    }
  }

  private func takeExpired() -> TimerEntry? {
    queue.withLock { queue in
      guard let next = queue.entries.first, next.deadline.remainingNanoseconds == 0 else { return nil }
      queue.remove(next.identity)
      return next
    }
  }
}

/// Why a barrier was aborted at which a task would have waited with a timeout.
struct TimekeepingError: Error, CustomStringConvertible {
  let errorNumber: Int32

  var description: String {
    "no thread could be started to keep the time of waiting tasks: pthread_create: \(errorText(errorNumber))"
  }
}
