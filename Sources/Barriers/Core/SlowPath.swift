/// What the barrier's lock guards. It is taken to sleep, to wake sleepers, to break and to reset.
struct SlowPath {
  var ledger = Ledger()
  var tasks = SleepingTasks()
  var threads = SleepingThreads()
  var watch = StallReports.ofThisProcess()
  /// The threads of a team, which are known before they come.
  var team: [TeamThread] = []
  private(set) var appointment = Appointment()

  // MARK: Sleeping

  /// Enters a thread that is about to sleep in the open phase. Returns when the timekeeper must be told to come, if it must.
  mutating func enter(_ thread: UnsafeMutablePointer<SleepingThread>) -> Deadline? {
    unsafe threads.enter(thread)
    return unsafe watch?.begins(thread.pointee.phase, since: thread.pointee.sleep.since)
      .flatMap { appointment.make($0) }
  }

  /// The same for a task, which gives up at `deadline`.
  mutating func enter(
    _ task: SleepingTask, _ call: Call, _ sleep: Sleep, named name: String?, until deadline: Deadline?
  ) -> Deadline? {
    let limit = tasks.enter(task, call, sleep, named: name, until: deadline).flatMap { appointment.make($0) }
    let stall = watch?.begins(call.phase, since: sleep.since).flatMap { appointment.make($0) }
    return stall ?? limit
  }

  // MARK: The timekeeper

  /// What there is to do when the timekeeper has come.
  struct Visit {
    /// The call whose time is over.
    var due: SleepingTasks.Alarm?
    /// Who is to be told that somebody has slept for long.
    var watch: StallWatch?
    /// When the timekeeper has to come again.
    var next: Deadline?
  }

  /// The timekeeper has come, while the phase with this number is open.
  mutating func timekeeperCame(open phase: UInt64) -> Visit {
    appointment.isOver()
    var visit = Visit()
    if let alarm = tasks.alarm(open: phase) {
      if alarm.deadline.remainingNanoseconds == 0 {
        visit.due = alarm
      } else {
        visit.next = appointment.make(alarm.deadline)
      }
    }
    if let watch, let since = since(open: phase) {
      let stall = watch.looks(phase, since: since)
      if stall.isDue { visit.watch = watch }
      visit.next = stall.next.flatMap { appointment.make($0) } ?? visit.next
    }
    return visit
  }

  /// Nobody could be told of a stall, for there was no thread left to do so. Returns when the timekeeper must come for that, if
  /// it must.
  mutating func tellLater(_ watch: StallWatch) -> Deadline? {
    watch.tellsLater()
    return StallWatch.nextTry.flatMap { appointment.make($0) }
  }

  /// The timekeeper was told to come, and cannot: it must be told again. Returns the call in the open phase that has relied on
  /// it.
  mutating func timekeeperCannotCome(open phase: UInt64) -> Call? {
    appointment.isOver()
    watch?.asksAgain()
    return tasks.alarm(open: phase)?.call
  }

  // MARK: Looking

  /// From now on somebody else is told of stalls; gives back who was until now. Returns when the timekeeper must be told to
  /// come, if it must.
  mutating func replace(_ new: inout StallWatch?, open phase: UInt64) -> Deadline? {
    swap(&watch, &new)
    return since(open: phase).flatMap { watch?.begins(phase, since: $0) }.flatMap { appointment.make($0) }
  }

  /// Since when the first has slept of those who sleep in the phase with this number.
  func since(open phase: UInt64) -> UInt64? {
    guard let thread = threads.since(open: phase), let task = tasks.since(open: phase) else {
      return threads.since(open: phase) ?? tasks.since(open: phase)
    }
    return min(thread, task)
  }

  /// Everyone who sleeps in the phase with this number.
  func sleepers(open phase: UInt64) -> [BarrierSnapshot.Sleeper] {
    threads.all(open: phase) + tasks.all(open: phase)
  }
}

/// A thread of a team: it is known before it comes.
struct TeamThread {
  let index: Int
  let thread: UInt64
}
