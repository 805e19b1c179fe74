/// What a barrier tells about its waiters: snapshots, and the reporter of stalls.
extension BarrierCore {
  func snapshot() -> BarrierSnapshot {
    locked.withLock { makeSnapshot($0, word.load()) }.named()
  }

  /// The phase that was open in this state, and its waiters. Called only while holding the lock, under which
  /// the state was read: so the waiters of that phase still exist, even if the phase is over by now.
  func makeSnapshot(_ locked: LockedState, _ state: BarrierState) -> BarrierSnapshot {
    let phase = phases.number(of: state.generation)
    return BarrierSnapshot(
      label: label, phase: phase, parties: parties, arrived: state.isBroken ? 0 : min(state.arrived, parties),
      hasAction: hasAction, error: locked.brokenPhases.currentError, waiters: locked.waiters(open: phase),
      team: locked.team)
  }

  /// Reports stalls by `reporter` from now on; `nil` ends the reports. Returns when a timer must fire, if one
  /// must be scheduled.
  func reportStalls(by reporter: StallReporter?) -> Deadline? {
    // The old reporter is destroyed when this returns, not under the lock: the user's closure may own
    // anything.
    var reporter = reporter
    return locked.withLock { $0.exchangeReporter(&reporter, open: phase) }
  }
}
