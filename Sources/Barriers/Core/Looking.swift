internal import CBarriers

/// Looking at those who sleep: for snapshots, and for the ``Timekeeper``, who comes when somebody has slept for long or gives
/// up.
extension BarrierCore {
  // MARK: Snapshots

  func snapshot() -> BarrierSnapshot {
    slowPath.withLock { picture($0, word.load()) }.named()
  }

  /// The phase that was open in this state, and who sleeps in it. Called only while holding the lock, under which the state was
  /// read: so those who slept then are still there, though their phase may be over by now.
  private func picture(_ slow: SlowPath, _ state: BarrierState) -> BarrierSnapshot {
    let phase = phases.number(of: state.generation)
    return BarrierSnapshot(
      label: label, phase: phase, parties: parties, arrived: state.isBroken ? 0 : min(state.arrived, parties),
      hasAction: hasAction, breakage: slow.ledger.breakage, sleepers: slow.sleepers(open: phase),
      team: slow.team)
  }

  // MARK: Stalls

  /// From now on somebody is told of stalls. Returns when the timekeeper must be told to come, if it must.
  func report(to watch: StallWatch) -> Deadline? {
    // Who was told until now goes when this returns and not under the lock, for what the user gave may do anything then.
    var watch: StallWatch? = watch
    return slowPath.withLock { $0.replace(&watch, open: phase) }
  }

  // MARK: The timekeeper

  /// The timekeeper has come. Breaks the phase if a task's time is over, and tells of a stall. Returns when it has to come
  /// again, if so.
  func timekeeperCame() -> Deadline? {
    let (visit, stall) = slowPath.withLock { slow -> (SlowPath.Visit, BarrierSnapshot?) in
      // Once, for the last arrival may end the phase at any moment.
      let state = word.load()
      let visit = slow.timekeeperCame(open: phases.number(of: state.generation))
      return (visit, visit.watch == nil ? nil : picture(slow, state))
    }
    if let due = visit.due {
      _ = giveUp(due.call.generation, Breakage(.timedOut, after: due.deadline.granted, by: due.call.index))
    }
    if let stall, let watch = visit.watch, !watch.tell(stall.named()) {
      return slowPath.withLock { $0.tellLater(watch) } ?? visit.next
    }
    return visit.next
  }

  /// The timekeeper was told to come, and cannot. The phase breaks if a task has relied on it; whoever comes later tells it
  /// again.
  func timekeeperCannotCome(_ failure: TimekeepingError) {
    if let call = slowPath.withLock({ $0.timekeeperCannotCome(open: phase) }) {
      _ = giveUp(call.generation, Breakage(.aborted, failure))
    }
  }

  /// Whether the timekeeper may have the barrier in its book.
  var knowsTimekeeper: Bool {
    slowPath.withLock { $0.appointment.isKnown }
  }
}

extension ThreadBarrier {
  /// Tells the timekeeper to come at that moment.
  func callTimekeeper(at moment: Deadline) {
    if let failure = Timekeeper.shared.meet(self, at: moment) { core.timekeeperCannotCome(failure) }
  }
}
