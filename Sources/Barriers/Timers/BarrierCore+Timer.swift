/// What a barrier does when its timer fires: a task's deadline has passed, or a stall is to be reported.
extension BarrierCore {
  /// Breaks the phase if a task's deadline has passed, and reports a stall. Returns when the next timer must
  /// fire, if one is needed.
  func timerFired() -> Deadline? {
    let (actions, stall) = locked.withLock { locked -> (LockedState.TimerActions, BarrierSnapshot?) in
      // Read once: the last arrival may end the phase at any moment.
      let state = word.load()
      let actions = locked.timerFired(open: phases.number(of: state.generation))
      return (actions, actions.stallReporter == nil ? nil : makeSnapshot(locked, state))
    }
    if let expired = actions.expired {
      let cause = BreakCause(.timedOut, after: expired.deadline.timeout, by: expired.token.index)
      _ = giveUp(expired.token.generation, cause)
    }
    if let stall, let reporter = actions.stallReporter, !reporter.report(stall.named()) {
      return locked.withLock { $0.retryReport(by: reporter) } ?? actions.next
    }
    return actions.next
  }

  /// A timer could not be scheduled. Breaks the phase if a task relied on it. The next waiter schedules it
  /// again.
  func timerFailed(_ failure: TimekeepingError) {
    if let token = locked.withLock({ $0.timerFailed(open: phase) }) {
      _ = giveUp(token.generation, BreakCause(.aborted, failure))
    }
  }

  /// Whether the ``Timekeeper`` may have an entry of the barrier.
  var hadTimer: Bool {
    locked.withLock { $0.timer.wasScheduled }
  }
}

extension ThreadBarrier {
  func scheduleTimer(at deadline: Deadline) {
    if let failure = Timekeeper.shared.schedule(self, at: deadline) { core.timerFailed(failure) }
  }
}
