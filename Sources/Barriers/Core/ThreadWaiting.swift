/// How a thread waits: awake for a while, then asleep.
extension BarrierCore {
  /// Arrives, and blocks the thread until the phase is over.
  func wait(_ patience: Patience) throws(BrokenBarrierError) -> Arrival {
    // A task that waits does not block the action: it may even be one that the action has freed by a reset, and that
    // its executor runs at once, in here.
    trapInsideAction()
    var patience = patience
    while true {
      switch try arrive() {
      case .completed(let arrival):
        return arrival
      case .waits(let call):
        try block(call, until: patience.deadline())
        if !isSurplus(call) { return call.arrival(isLast: false) }
      }
    }
  }

  /// Blocks until the phase is over; returns if it completed.
  private func block(_ call: Call, until deadline: Deadline?) throws(BrokenBarrierError) {
    if !waitAwake(call, until: deadline) && !sleep(call, until: deadline) {
      // Too late to give up: all have arrived, or the phase is over already.
      if !giveUp(call.generation, Breakage(.timedOut, after: deadline?.granted, by: call.index)) {
        _ = sleep(call, until: nil)
      }
    }
    try leave(call)
  }

  /// Waits awake for as long as that may pay; `true` if the phase is over. Whoever only tries, does not.
  private func waitAwake(_ call: Call, until deadline: Deadline?) -> Bool {
    deadline?.isTry != true && policy.waitAwake(until: deadline) { isOver(call) }
  }

  /// Sleeps until the phase is over; `false` when the deadline has come first.
  private func sleep(_ call: Call, until deadline: Deadline?) -> Bool {
    slowPath.wait(until: deadline) { _ in
      // Asked anew after each waking: a spurious one lets nobody through.
      word.change { $0.afterSleep(in: call.generation) } == nil ? true : nil
    } ?? false
  }
}
