internal import CBarriers

/// Wakes barriers at which tasks wait with a timeout.
///
/// A thread that waits with a timeout keeps the time itself, by the condition on which it sleeps. A task has no
/// thread to do so, and must not rely on getting one: where the pool's threads are all blocked, perhaps at this
/// very barrier, a sleeping task would learn too late that its time is over. So one thread of the process keeps the
/// time for all tasks. It sleeps until the first appointment, and ends when there is none.
///
/// A barrier has one appointment at most, the earliest of those it asked for. When the moment has come, the barrier
/// itself knows what is due and when to be called on again; so an appointment that has lost its reason, or comes late
/// into the book, costs a call and harms nothing.
final class Timekeeper: Sendable {
  static let shared = Timekeeper()

  private struct Appointment {
    let moment: Deadline
    let barrier: WeakBarrier
    let identity: ObjectIdentifier
  }

  /// An appointment keeps no barrier alive.
  private final class WeakBarrier: Sendable {
    weak let barrier: ThreadBarrier?
    init(_ barrier: ThreadBarrier) { self.barrier = barrier }
  }

  private struct Book {
    /// The next is the first. Most are entered last, for most timeouts are alike.
    private(set) var appointments: [Appointment] = []
    private var moments: [ObjectIdentifier: Deadline] = [:]
    var isThreadRunning = false

    /// Enters an appointment, in the place of a later one with the same barrier; not if there is an earlier one.
    mutating func enter(_ new: Appointment) {
      if let moment = moments[new.identity], !new.moment.isBefore(moment) { return }
      remove(new.identity)
      moments[new.identity] = new.moment
      let position = appointments.lastIndex { !new.moment.isBefore($0.moment) }.map { $0 + 1 } ?? 0
      appointments.insert(new, at: position)
    }

    mutating func remove(_ identity: ObjectIdentifier) {
      guard moments.removeValue(forKey: identity) != nil else { return }
      appointments.firstIndex { $0.identity == identity }.map { _ = appointments.remove(at: $0) }
    }
  }

  private let book = Monitor(Book())

  /// Calls on the barrier at that moment. Answers why not, if no thread can be started to do so.
  func meet(_ barrier: ThreadBarrier, at moment: Deadline) -> TimekeepingError? {
    let appointment = Appointment(
      moment: moment, barrier: WeakBarrier(barrier), identity: ObjectIdentifier(barrier))
    return book.wakeAll { book in
      book.enter(appointment)
      // Under the lock: whoever finds the thread running can rely on it.
      let error = book.isThreadRunning ? 0 : startThread()
      book.isThreadRunning = error == 0
      return error == 0 ? nil : TimekeepingError(errorNumber: error)
    }
  }

  /// The barrier is about to go.
  func forget(_ barrier: ThreadBarrier) {
    book.wakeAll { $0.remove(ObjectIdentifier(barrier)) }
  }

  private func startThread() -> Int32 {
    unsafe cbarriers_thread_start_detached("barriers-time", { _ in Timekeeper.shared.keepTime() }, nil)
  }

  /// What the thread does until no appointment is left.
  private func keepTime() {
    while let next = nextMoment() {
      // Until that moment, or until another is the first.
      _ = book.wait(until: next) { $0.appointments.first?.moment == next ? nil : true }
      while let appointment = takeDue() {
        guard let barrier = appointment.barrier.barrier else { continue }
        if let again = barrier.core.timekeeperCame() {
          // This thread is running, so none has to be started. The barrier is held until it is in the book: no other can have
          // its address before that.
          _ = meet(barrier, at: again)
        }
      }
    }
  }

  private func nextMoment() -> Deadline? {
    book.withLock { book in
      if book.appointments.isEmpty { book.isThreadRunning = false }
      return book.appointments.first?.moment
    }
  }

  private func takeDue() -> Appointment? {
    book.withLock { book in
      guard let next = book.appointments.first, next.moment.remainingNanoseconds == 0 else { return nil }
      book.remove(next.identity)
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
