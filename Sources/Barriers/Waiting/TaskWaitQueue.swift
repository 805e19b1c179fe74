internal import CBarriers

/// A suspended task, to be woken once: it is in one list, and whoever takes that list wakes it.
@safe struct TaskWaiter {
  private let continuation: UnsafeContinuation<Void, Never>

  init(_ continuation: UnsafeContinuation<Void, Never>) {
    unsafe self.continuation = continuation
  }

  func wake() {
    unsafe continuation.resume()
  }
}

/// The tasks that sleep at a barrier, and the first moment at which one of them gives up.
///
/// A task is entered only while its phase is open, so those of an earlier phase are over. Whoever wakes the waiters of a
/// phase takes the tasks that are over, and no others: between the exchange that ended that phase and the lock, tasks may
/// have come to sleep in the next.
///
/// Only the first deadline of a phase matters, for a time-out breaks the phase for all. The timekeeper is told to
/// come at that moment, unless it comes sooner. When it comes, it asks what is due, and when to come again. So it comes
/// once in a timeout's time at the most, however many phases are completed meanwhile.
struct TaskWaitQueue {
  struct Entry {
    fileprivate let task: TaskWaiter
    fileprivate let sleep: WaitRecord

    /// Wakes all of them, in the order in which they came.
    ///
    /// To resume a continuation reads from the task's memory. A task may be resumed before it is quite suspended; then it
    /// goes on, on its thread, and uses that memory anew. The runtime puts the one after the other by an atomic that
    /// ThreadSanitizer does not see, and it would report a race.
    static func wake(_ entries: [Entry]) {
      cbarriers_sanitizer_ignore_reads_begin()
      defer { cbarriers_sanitizer_ignore_reads_end() }
      for entry in entries { entry.task.wake() }
    }
  }

  /// The token that gives up first, and when.
  typealias Alarm = (deadline: Deadline, token: ArrivalToken)

  /// The phase to which ``waiting``, ``names`` and ``alarm`` belong.
  private var phase: UInt64 = 0
  private var waiting: [Entry] = []
  /// By position in ``waiting``: of the few that have one.
  private var names: [Int: String] = [:]
  /// Tasks of earlier phases, about to be taken by those who ended them.
  private var over: [Entry] = []
  /// Room for the next list, so that a phase allocates nothing.
  private var spare: [Entry] = []
  /// The first deadline, and the index of the token that has it: half a word.
  private var alarm: (deadline: Deadline, index: Int32)?

  /// Enters a task that sleeps in the open phase, to which `token` belongs. Returns its deadline if it is the first.
  mutating func enter(
    _ task: TaskWaiter, _ token: ArrivalToken, _ sleep: WaitRecord, named name: String?,
    until deadline: Deadline?
  ) -> Deadline? {
    if phase != token.phase {
      retire()
      phase = token.phase
    }
    if let name { names[waiting.count] = name }
    waiting.append(Entry(task: task, sleep: sleep))
    guard let deadline, deadline.isBefore(alarm?.deadline) else { return nil }
    alarm = (deadline, Int32(token.index))
    return deadline
  }

  /// Takes the tasks whose phase is over: those of every phase but `open`.
  mutating func takeOver(open: UInt64) -> [Entry] {
    if phase != open { retire() }
    defer { over = [] }
    return over
  }

  /// Takes back the room of a list that was taken, and has been emptied.
  mutating func recycle(_ list: inout [Entry]) {
    if list.capacity > spare.capacity { swap(&list, &spare) }
  }

  private mutating func retire() {
    alarm = nil
    if !names.isEmpty { names.removeAll(keepingCapacity: true) }
    if over.isEmpty {
      (over, waiting, spare) = (waiting, spare, [])
    } else {
      over += waiting
      waiting.removeAll(keepingCapacity: true)
    }
  }

  // MARK: Of the open phase

  /// Who gives up first of those who sleep in the phase `open`, and when.
  func alarm(open: UInt64) -> Alarm? {
    guard phase == open, let alarm else { return nil }
    return (alarm.deadline, ArrivalToken(index: Int(alarm.index), phase: phase))
  }

  /// Since when the first has slept of those who sleep in the phase `open`.
  func since(open: UInt64) -> UInt64? {
    phase == open ? waiting.first?.sleep.since : nil
  }

  /// All who sleep in the phase `open`.
  func all(open: UInt64) -> [BarrierSnapshot.Waiter] {
    guard phase == open else { return [] }
    return waiting.enumerated().map { .init($1.sleep, task: names[$0]) }
  }
}
