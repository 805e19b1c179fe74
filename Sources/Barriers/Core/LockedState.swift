/// What the barrier's lock guards. The lock is taken to sleep, to wake waiters, to break and to reset.
struct LockedState {
  var brokenPhases = BrokenPhases()
  var tasks = TaskWaitQueue()
  var threads = ThreadWaitQueue()
  var stallReporter = StallReports.ofThisProcess()
  /// The members of a team that are running. They are known before they arrive.
  var team: [TeamThread] = []
  private(set) var timer = PendingTimer()

  // MARK: Waiting

  /// Adds a thread that is about to sleep in the open phase. Returns when a timer must fire, if one must be
  /// scheduled.
  mutating func enqueue(_ thread: UnsafeMutablePointer<ThreadWaiter>) -> Deadline? {
    unsafe threads.append(thread)
    return unsafe stallReporter?.waitBegan(thread.pointee.phase, since: thread.pointee.record.since)
      .flatMap { timer.request($0) }
  }

  /// Adds a task that is suspended in the open phase and gives up at `deadline`. Returns when a timer must
  /// fire, if one must be scheduled.
  mutating func enqueue(
    _ task: TaskWaiter, _ token: ArrivalToken, _ record: WaitRecord, named name: String?,
    until deadline: Deadline?
  ) -> Deadline? {
    let timeout = tasks.append(task, token, record, named: name, until: deadline)
      .flatMap { timer.request($0) }
    let stall = stallReporter?.waitBegan(token.phase, since: record.since).flatMap { timer.request($0) }
    return stall ?? timeout
  }

  // MARK: Timers

  /// What a timer that fired leads to.
  struct TimerActions {
    /// The call whose time is over.
    var expired: TaskWaitQueue.FirstDeadline?
    /// The reporter to call, if a stall is due.
    var stallReporter: StallReporter?
    /// When the next timer must fire.
    var next: Deadline?
  }

  /// The timer fired while the phase with this number was open.
  mutating func timerFired(open phase: UInt64) -> TimerActions {
    timer.clear()
    var actions = TimerActions()
    if let first = tasks.firstDeadline(open: phase) {
      if first.deadline.remainingNanoseconds == 0 {
        actions.expired = first
      } else {
        actions.next = timer.request(first.deadline)
      }
    }
    if let stallReporter, let since = firstWait(open: phase) {
      let stall = stallReporter.check(phase, since: since)
      if stall.isDue { actions.stallReporter = stallReporter }
      actions.next = stall.next.flatMap { timer.request($0) } ?? actions.next
    }
    return actions
  }

  /// The stall could not be reported, because the system had no thread left for it. Returns when a timer must
  /// fire to try again, if one must be scheduled.
  mutating func retryReport(by reporter: StallReporter) -> Deadline? {
    reporter.retryLater()
    return StallReporter.nextAttempt.flatMap { timer.request($0) }
  }

  /// A timer could not be scheduled, so the next waiter must schedule it again. Returns the call of the open
  /// phase that relied on it.
  mutating func timerFailed(open phase: UInt64) -> ArrivalToken? {
    timer.clear()
    stallReporter?.rearm()
    return tasks.firstDeadline(open: phase)?.token
  }

  // MARK: Snapshots and stalls

  /// Replaces the stall reporter, and hands the old one back in `reporter`. Returns when a timer must fire,
  /// if one must be scheduled.
  mutating func exchangeReporter(_ reporter: inout StallReporter?, open phase: UInt64) -> Deadline? {
    swap(&stallReporter, &reporter)
    return firstWait(open: phase).flatMap { stallReporter?.waitBegan(phase, since: $0) }
      .flatMap { timer.request($0) }
  }

  /// When the first waiter of the phase with this number began to wait.
  private func firstWait(open phase: UInt64) -> UInt64? {
    guard let thread = threads.firstWait(open: phase), let task = tasks.firstWait(open: phase) else {
      return threads.firstWait(open: phase) ?? tasks.firstWait(open: phase)
    }
    return min(thread, task)
  }

  /// Every party that waits in the phase with this number.
  func waiters(open phase: UInt64) -> [BarrierSnapshot.Waiter] {
    threads.all(open: phase) + tasks.all(open: phase)
  }
}

extension LockedState {
  /// The members of a team, by index, that had not arrived in the phase `open` when it ended; none if that is
  /// not known.
  ///
  /// A member that sleeps has arrived, and so has one that spins or yields. So it is known only if as many
  /// sleep as have arrived.
  func missingMembers(open phase: UInt64, arrived: Int, parties: Int) -> [Int] {
    if team.isEmpty { return [] }
    let asleep = threads.identifiers(open: phase)
    let present = Set(team.filter { asleep.contains($0.thread) }.map(\.index))
    return present.count == arrived ? (0..<parties).filter { !present.contains($0) } : []
  }
}

/// The timer that a barrier has scheduled with the ``Timekeeper``: the earliest of those it needs.
struct PendingTimer {
  private var deadline: Deadline?
  /// Whether a timer was ever scheduled.
  private(set) var wasScheduled = false

  /// Requests a timer. Returns its deadline if it must be scheduled, or `nil` if one fires no later anyway.
  mutating func request(_ deadline: Deadline) -> Deadline? {
    guard deadline.isBefore(self.deadline) else { return nil }
    self.deadline = deadline
    wasScheduled = true
    return deadline
  }

  /// The timer fired, or could not be scheduled.
  mutating func clear() {
    deadline = nil
  }
}

/// A running member of a team.
struct TeamThread {
  let index: Int
  let thread: UInt64
}
