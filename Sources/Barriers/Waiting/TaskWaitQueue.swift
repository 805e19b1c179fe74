internal import CBarriers

/// A suspended task. It is in one list, and the thread that takes the list resumes it, once.
@safe struct TaskWaiter {
  private let continuation: UnsafeContinuation<Void, Never>

  init(_ continuation: UnsafeContinuation<Void, Never>) {
    unsafe self.continuation = continuation
  }

  func resume() {
    unsafe continuation.resume()
  }
}

/// The tasks that are suspended at a barrier, and the first deadline among them.
///
/// A task is added only while its phase is open. The thread that ends a phase takes the tasks of all phases
/// but the one that is open now: between its exchange and the lock, other tasks may have been suspended in
/// the next phase.
///
/// Only the first deadline of a phase matters, because a timeout breaks the phase for all. A timer is
/// scheduled for that deadline, unless an earlier one is pending. When it fires, the barrier checks what has
/// expired and schedules the next. So it fires at most once per timeout, however many phases complete
/// meanwhile.
struct TaskWaitQueue {
  struct Entry {
    fileprivate let task: TaskWaiter
    fileprivate let record: WaitRecord

    /// Resumes all of them, in the order in which they arrived.
    ///
    /// To resume a continuation reads the task's memory. A task may be resumed before it is fully suspended.
    /// It then continues on its thread and reuses that memory. The runtime orders the two by an atomic that
    /// ThreadSanitizer does not see, so it would report a race.
    static func resume(_ entries: [Entry]) {
      cbarriers_sanitizer_ignore_reads_begin()
      defer { cbarriers_sanitizer_ignore_reads_end() }
      for entry in entries { entry.task.resume() }
    }
  }

  /// The call whose deadline is the first, and that deadline.
  typealias FirstDeadline = (deadline: Deadline, token: ArrivalToken)

  /// The phase to which ``waiting``, ``names`` and ``first`` belong.
  private var phase: UInt64 = 0
  private var waiting: [Entry] = []
  /// By position in ``waiting``: few tasks have a name.
  private var names: [Int: String] = [:]
  /// Tasks of earlier phases, which the threads that ended these phases are about to take.
  private var finished: [Entry] = []
  /// Capacity for the next list, so that a phase allocates nothing.
  private var spare: [Entry] = []
  /// The first deadline, and the index of the call that has it, in 32 bits.
  private var first: (deadline: Deadline, index: Int32)?

  /// Adds a task that is suspended in the open phase, which is the token's. Returns its deadline if that is
  /// the first.
  mutating func append(
    _ task: TaskWaiter, _ token: ArrivalToken, _ record: WaitRecord, named name: String?,
    until deadline: Deadline?
  ) -> Deadline? {
    if phase != token.phase {
      retire()
      phase = token.phase
    }
    if let name { names[waiting.count] = name }
    waiting.append(Entry(task: task, record: record))
    guard let deadline, deadline.isBefore(first?.deadline) else { return nil }
    first = (deadline, Int32(token.index))
    return deadline
  }

  /// Takes the tasks whose phase is over: those of every phase but `open`.
  mutating func takeFinished(open: UInt64) -> [Entry] {
    if phase != open { retire() }
    defer { finished = [] }
    return finished
  }

  /// Takes back the capacity of a list that was taken and emptied.
  mutating func recycle(_ list: inout [Entry]) {
    if list.capacity > spare.capacity { swap(&list, &spare) }
  }

  private mutating func retire() {
    first = nil
    if !names.isEmpty { names.removeAll(keepingCapacity: true) }
    if finished.isEmpty {
      (finished, waiting, spare) = (waiting, spare, [])
    } else {
      finished += waiting
      waiting.removeAll(keepingCapacity: true)
    }
  }

  // MARK: The open phase

  /// The first deadline of the tasks that wait in the phase `open`, and the call that has it.
  func firstDeadline(open: UInt64) -> FirstDeadline? {
    guard phase == open, let first else { return nil }
    return (first.deadline, ArrivalToken(index: Int(first.index), phase: phase))
  }

  /// When the first waiter of the phase `open` began to wait.
  func firstWait(open: UInt64) -> UInt64? {
    phase == open ? waiting.first?.record.since : nil
  }

  /// All tasks that wait in the phase `open`.
  func all(open: UInt64) -> [BarrierSnapshot.Waiter] {
    guard phase == open else { return [] }
    return waiting.enumerated().map { .init($1.record, task: names[$0]) }
  }
}
