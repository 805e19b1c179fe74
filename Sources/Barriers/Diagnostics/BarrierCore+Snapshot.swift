internal import CBarriers

/// Looking at those who sleep: for snapshots, and for the ``Timekeeper``, who comes when somebody has slept for long or gives
/// up.
extension BarrierCore {
  // MARK: Snapshots

  func snapshot() -> BarrierSnapshot {
    locked.withLock { makeSnapshot($0, word.load()) }.named()
  }

  /// The phase that was open in this state, and who sleeps in it. Called only while holding the lock, under which the state was
  /// read: so those who slept then are still there, though their phase may be over by now.
  private func makeSnapshot(_ slow: LockedState, _ state: BarrierState) -> BarrierSnapshot {
    let phase = phases.number(of: state.generation)
    return BarrierSnapshot(
      label: label, phase: phase, parties: parties, arrived: state.isBroken ? 0 : min(state.arrived, parties),
      hasAction: hasAction, error: slow.brokenPhases.currentError, waiters: slow.waiters(open: phase),
      team: slow.team)
  }

  // MARK: Stalls

  /// From now on somebody is told of stalls. Returns when the timekeeper must be told to come, if it must.
  func report(to watch: StallReporter) -> Deadline? {
    // Who was told until now goes when this returns and not under the lock, for what the user gave may do anything then.
    var watch: StallReporter? = watch
    return locked.withLock { $0.replace(&watch, open: phase) }
  }

  func stopReporting() {
    // As above: the reporter goes here, and not under the lock.
    _ = locked.withLock { $0.watch.take() }
  }

  // MARK: The timekeeper

  /// The timekeeper has come. Breaks the phase if a task's time is over, and tells of a stall. Returns when it has to come
  /// again, if so.
  func timerFired() -> Deadline? {
    let (actions, stall) = locked.withLock { slow -> (LockedState.TimerActions, BarrierSnapshot?) in
      // Once, for the last arrival may end the phase at any moment.
      let state = word.load()
      let actions = slow.timerFired(open: phases.number(of: state.generation))
      return (actions, actions.watch == nil ? nil : makeSnapshot(slow, state))
    }
    if let due = actions.due {
      _ = giveUp(
        due.token.generation, BreakCause(.timedOut, after: due.deadline.timeout, by: due.token.index))
    }
    if let stall, let watch = actions.watch, !watch.report(stall.named()) {
      return locked.withLock { $0.tellLater(watch) } ?? actions.next
    }
    return actions.next
  }

  /// The timekeeper was told to come, and cannot. The phase breaks if a task has relied on it; whoever comes later tells it
  /// again.
  func timerFailed(_ failure: TimekeepingError) {
    if let token = locked.withLock({ $0.timerFailed(open: phase) }) {
      _ = giveUp(token.generation, BreakCause(.aborted, failure))
    }
  }

  /// Whether the timekeeper may have the barrier in its book.
  var knowsTimekeeper: Bool {
    locked.withLock { $0.pendingTimer.isKnown }
  }
}

extension ThreadBarrier {
  /// Tells the timekeeper to come at that moment.
  func scheduleTimer(at moment: Deadline) {
    if let failure = Timekeeper.shared.schedule(self, at: moment) { core.timerFailed(failure) }
  }
}
