internal import CBarriers

/// Wakes barriers at which tasks wait with a timeout.
///
/// A thread that waits with a timeout keeps the time itself, by the condition on which it sleeps. A task has no
/// thread to do so, and must not rely on getting one: where the pool's threads are all blocked, perhaps at this
/// very barrier, a sleeping task would learn too late that its time is over. So one thread of the process keeps the
/// time for all tasks. It sleeps until the first entry, and ends when there is none.
///
/// A barrier has one entry at most, the earliest of those it asked for. When the moment has come, the barrier
/// itself knows what is due and when to be called on again; so an entry that has lost its reason, or comes late
/// into the queue, costs a token and harms nothing.
final class Timekeeper: Sendable {
  static let shared = Timekeeper()

  private struct TimerEntry {
    let moment: Deadline
    let barrier: WeakBarrier
    let identity: ObjectIdentifier
  }

  /// An entry keeps no barrier alive.
  private final class WeakBarrier: Sendable {
    weak let barrier: ThreadBarrier?
    init(_ barrier: ThreadBarrier) { self.barrier = barrier }
  }

  private struct TimerQueue {
    /// The next is the first. Most are entered last, for most timeouts are alike.
    private(set) var entries: [TimerEntry] = []
    private var moments: [ObjectIdentifier: Deadline] = [:]
    var isThreadRunning = false

    /// Enters an entry, in the place of a later one with the same barrier; not if there is an earlier one.
    mutating func enter(_ new: TimerEntry) {
      if let moment = moments[new.identity], !new.moment.isBefore(moment) { return }
      remove(new.identity)
      moments[new.identity] = new.moment
      let position = entries.lastIndex { !new.moment.isBefore($0.moment) }.map { $0 + 1 } ?? 0
      entries.insert(new, at: position)
    }

    mutating func remove(_ identity: ObjectIdentifier) {
      guard moments.removeValue(forKey: identity) != nil else { return }
      entries.firstIndex { $0.identity == identity }.map { _ = entries.remove(at: $0) }
    }
  }

  private let queue = Monitor(TimerQueue())

  /// Calls on the barrier at that moment. Answers why not, if no thread can be started to do so.
  func schedule(_ barrier: ThreadBarrier, at moment: Deadline) -> TimekeepingError? {
    let entry = TimerEntry(
      moment: moment, barrier: WeakBarrier(barrier), identity: ObjectIdentifier(barrier))
    return queue.wakeAll { queue in
      queue.enter(entry)
      // Under the lock: whoever finds the thread running can rely on it.
      let error = queue.isThreadRunning ? 0 : startThread()
      queue.isThreadRunning = error == 0
      return error == 0 ? nil : TimekeepingError(errorNumber: error)
    }
  }

  /// The barrier is about to go.
  func cancel(_ barrier: ThreadBarrier) {
    queue.wakeAll { $0.remove(ObjectIdentifier(barrier)) }
  }

  private func startThread() -> Int32 {
    unsafe cbarriers_thread_start_detached("barriers-time", { _ in Timekeeper.shared.keepTime() }, nil)
  }

  /// What the thread does until no entry is left.
  private func keepTime() {
    while let next = nextMoment() {
      // Until that moment, or until another is the first.
      _ = queue.wait(until: next) { $0.entries.first?.moment == next ? nil : true }
      while let entry = takeDue() {
        guard let barrier = entry.barrier.barrier else { continue }
        if let again = barrier.core.timerFired() {
          // This thread is running, so none has to be started. The barrier is held until it is in the queue: no other can have
          // its address before that.
          _ = schedule(barrier, at: again)
        }
      }
    }
  }

  private func nextMoment() -> Deadline? {
    queue.withLock { queue in
      if queue.entries.isEmpty { queue.isThreadRunning = false }
      return queue.entries.first?.moment
    }
  }

  private func takeDue() -> TimerEntry? {
    queue.withLock { queue in
      guard let next = queue.entries.first, next.moment.remainingNanoseconds == 0 else { return nil }
      queue.remove(next.identity)
      return next
    }
  }
}

/// Why a barrier was aborted at which a task wanted to wait with a timeout.
struct TimekeepingError: Error, CustomStringConvertible {
  let errorNumber: Int32

  var description: String {
    "no thread could be started to keep the time of waiting tasks: pthread_create: \(errorText(errorNumber))"
  }
}
