/// What the barrier's lock guards. It is taken to sleep, to wake waiters, to break and to reset.
struct LockedState {
  var brokenPhases = BrokenPhases()
  var tasks = TaskWaitQueue()
  var threads = ThreadWaitQueue()
  var watch = StallReports.ofThisProcess()
  /// The threads of a team, which are known before they come.
  var team: [TeamThread] = []
  private(set) var pendingTimer = PendingTimer()

  // MARK: Sleeping

  /// Enters a thread that is about to sleep in the open phase. Returns when the timekeeper must be told to come, if it must.
  mutating func enter(_ thread: UnsafeMutablePointer<ThreadWaiter>) -> Deadline? {
    unsafe threads.enter(thread)
    return unsafe watch?.waitBegan(thread.pointee.phase, since: thread.pointee.sleep.since)
      .flatMap { pendingTimer.make($0) }
  }

  /// The same for a task, which gives up at `deadline`.
  mutating func enter(
    _ task: TaskWaiter, _ token: ArrivalToken, _ sleep: WaitRecord, named name: String?,
    until deadline: Deadline?
  ) -> Deadline? {
    let limit = tasks.enter(task, token, sleep, named: name, until: deadline).flatMap {
      pendingTimer.make($0)
    }
    let stall = watch?.waitBegan(token.phase, since: sleep.since).flatMap { pendingTimer.make($0) }
    return stall ?? limit
  }

  // MARK: The timekeeper

  /// What there is to do when the timekeeper has come.
  struct TimerActions {
    /// The token whose time is over.
    var due: TaskWaitQueue.Alarm?
    /// Who is to be told that somebody has slept for long.
    var watch: StallReporter?
    /// When the timekeeper has to come again.
    var next: Deadline?
  }

  /// The timekeeper has come, while the phase with this number is open.
  mutating func timerFired(open phase: UInt64) -> TimerActions {
    pendingTimer.isOver()
    var actions = TimerActions()
    if let alarm = tasks.alarm(open: phase) {
      if alarm.deadline.remainingNanoseconds == 0 {
        actions.due = alarm
      } else {
        actions.next = pendingTimer.make(alarm.deadline)
      }
    }
    if let watch, let since = since(open: phase) {
      let stall = watch.check(phase, since: since)
      if stall.isDue { actions.watch = watch }
      actions.next = stall.next.flatMap { pendingTimer.make($0) } ?? actions.next
    }
    return actions
  }

  /// Nobody could be told of a stall, for there was no thread left to do so. Returns when the timekeeper must come for that, if
  /// it must.
  mutating func tellLater(_ watch: StallReporter) -> Deadline? {
    watch.retryLater()
    return StallReporter.nextTry.flatMap { pendingTimer.make($0) }
  }

  /// The timekeeper was told to come, and cannot: it must be told again. Returns the token in the open phase that has relied on
  /// it.
  mutating func timerFailed(open phase: UInt64) -> ArrivalToken? {
    pendingTimer.isOver()
    watch?.rearm()
    return tasks.alarm(open: phase)?.token
  }

  // MARK: Looking

  /// From now on somebody else is told of stalls; gives back who was until now. Returns when the timekeeper must be told to
  /// come, if it must.
  mutating func replace(_ new: inout StallReporter?, open phase: UInt64) -> Deadline? {
    swap(&watch, &new)
    return since(open: phase).flatMap { watch?.waitBegan(phase, since: $0) }.flatMap { pendingTimer.make($0) }
  }

  /// Since when the first has slept of those who sleep in the phase with this number.
  func since(open phase: UInt64) -> UInt64? {
    guard let thread = threads.since(open: phase), let task = tasks.since(open: phase) else {
      return threads.since(open: phase) ?? tasks.since(open: phase)
    }
    return min(thread, task)
  }

  /// Everyone who sleeps in the phase with this number.
  func waiters(open phase: UInt64) -> [BarrierSnapshot.Waiter] {
    threads.all(open: phase) + tasks.all(open: phase)
  }
}

/// A thread of a team: it is known before it comes.
struct TeamThread {
  let index: Int
  let thread: UInt64
}
