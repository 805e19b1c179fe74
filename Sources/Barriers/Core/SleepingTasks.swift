internal import CBarriers

/// A suspended task, to be woken once: it is in one list, and whoever takes that list wakes it.
@safe struct SleepingTask {
  private let continuation: UnsafeContinuation<Void, Never>

  init(_ continuation: UnsafeContinuation<Void, Never>) {
    unsafe self.continuation = continuation
  }

  func wake() {
    unsafe continuation.resume()
  }

  /// Wakes all of them, in the order in which they came.
  ///
  /// To resume a continuation reads from the task's memory. A task may be resumed before it is quite suspended; then it
  /// goes on, on its thread, and uses that memory anew. The runtime puts the one after the other by an atomic that
  /// ThreadSanitizer does not see, and it would report a race.
  static func wake(_ tasks: [SleepingTask]) {
    cbarriers_sanitizer_ignore_reads_begin()
    defer { cbarriers_sanitizer_ignore_reads_end() }
    for task in tasks { task.wake() }
  }
}

/// The tasks that sleep at a barrier, and the first moment at which one of them gives up.
///
/// A task is entered only while its phase is open, so those of an earlier generation are over. Whoever wakes the
/// sleepers of a phase takes the tasks that are over, and no others: between the exchange that ended that phase and
/// the lock, tasks may have come to sleep in the next.
///
/// Only the first deadline of a phase matters, for a time-out breaks the phase for all. The timekeeper is told to
/// come at that moment, unless it comes sooner. When it comes, it asks what is due, and when to come again. So it comes
/// once in a timeout's time at the most, however many phases are completed meanwhile.
struct SleepingTasks {
  /// The call that gives up first, and when.
  typealias Alarm = (deadline: Deadline, call: Call)

  /// The phase to which ``waiting`` and ``alarm`` belong.
  private var generation: UInt64 = 0
  private var waiting: [SleepingTask] = []
  private var alarm: Alarm?
  /// Tasks of earlier phases, about to be taken by those who ended them.
  private var over: [SleepingTask] = []
  /// Room for the next list, so that a phase allocates nothing.
  private var spare: [SleepingTask] = []
  /// When the timekeeper comes, if it has been told to.
  private var appointment: Deadline?
  /// Whether it ever has.
  private(set) var knowsTimekeeper = false

  /// Enters a task that sleeps in the open phase, to which `call` belongs. Returns when the timekeeper must be told
  /// to come, if it must.
  mutating func enter(_ task: SleepingTask, _ call: Call, until deadline: Deadline?) -> Deadline? {
    if generation != call.generation {
      retire()
      generation = call.generation
    }
    waiting.append(task)
    guard let deadline, deadline.isBefore(alarm?.deadline) else { return nil }
    alarm = (deadline, call)
    guard deadline.isBefore(appointment) else { return nil }
    appointment = deadline
    knowsTimekeeper = true
    return deadline
  }

  /// Takes the tasks whose phase is over: those of every phase but `open`.
  mutating func takeOver(open: UInt64) -> [SleepingTask] {
    if generation != open { retire() }
    defer { over = [] }
    return over
  }

  /// Takes back the room of a list that was taken, and has been emptied.
  mutating func recycle(_ list: inout [SleepingTask]) {
    if list.capacity > spare.capacity { swap(&list, &spare) }
  }

  private mutating func retire() {
    alarm = nil
    if over.isEmpty {
      (over, waiting, spare) = (waiting, spare, [])
    } else {
      over += waiting
      waiting.removeAll(keepingCapacity: true)
    }
  }

  /// The timekeeper has come. Answers which call of the phase `open` has to give up, or else when to come again.
  mutating func timekeeperCame(open: UInt64) -> (due: Alarm?, next: Deadline?) {
    appointment = nil
    guard let alarm, generation == open else { return (nil, nil) }
    if alarm.deadline.remainingNanoseconds == 0 { return (alarm, nil) }
    appointment = alarm.deadline
    return (nil, alarm.deadline)
  }

  /// The timekeeper was told to come, and cannot: it must be told again.
  mutating func timekeeperCannotCome() {
    appointment = nil
  }
}
