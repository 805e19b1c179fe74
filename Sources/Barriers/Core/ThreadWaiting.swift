/// How a thread waits: awake for a while, then asleep.
extension ThreadBarrier {
  /// Arrives, and blocks the thread until the phase is over. Whoever comes last touches neither its patience nor its site.
  @inline(__always)
  func blockingWait(
    _ patience: @autoclosure () -> Patience, at site: @autoclosure () -> CallSite
  ) throws(BrokenBarrierError) -> Arrival {
    // A task that waits does not block the action: it may even be one that the action has freed by a reset, and that
    // its executor runs at once, in here.
    core.trapInsideAction()
    switch try core.arrive() {
    case .completed(let arrival): return arrival
    case .waits(let call): return try block(call, patience(), at: site())
    }
  }

  /// Blocks the thread until the phase is over; a surplus call arrives again then.
  @inline(never)
  private func block(
    _ call: Call, _ patience: Patience, at site: CallSite
  ) throws(BrokenBarrierError) -> Arrival {
    var (call, patience) = (call, patience)
    while true {
      let deadline = patience.deadline()
      if !core.waitAwake(call, until: deadline) { sleep(call, at: site, until: deadline) }
      try core.leave(call)
      if !core.isSurplus(call) { return call.arrival(isLast: false) }
      switch try core.arrive() {
      case .completed(let arrival): return arrival
      case .waits(let next): call = next
      }
    }
  }

  /// Sleeps until the phase is over; breaks it when the deadline comes first.
  @inline(never)
  private func sleep(_ call: Call, at site: CallSite, until deadline: Deadline?) {
    // Whoever only tries does not sleep before that.
    if let deadline, deadline.isTry, giveUp(call, deadline) { return }
    let deadline = deadline?.isTry == true ? nil : deadline
    var thread = SleepingThread(call, at: site)
    unsafe withUnsafeMutablePointer(to: &thread) { thread in
      if unsafe sleep(thread, call, until: deadline) { return }
      if !giveUp(call, deadline) { _ = unsafe sleep(thread, call, until: nil) }
    }
  }

  /// Breaks the phase; `false` if it is too late for that: all have arrived, or the phase is over already.
  private func giveUp(_ call: Call, _ deadline: Deadline?) -> Bool {
    core.giveUp(call.generation, Breakage(.timedOut, after: deadline?.granted, by: call.index))
  }

  /// Sleeps until the phase is over; `false` when the deadline has come first.
  private func sleep(
    _ thread: UnsafeMutablePointer<SleepingThread>, _ call: Call, until deadline: Deadline?
  ) -> Bool {
    while true {
      let wakeUp = core.slowPath.wait(until: deadline) { slow -> WakeUp? in
        // Asked anew after each waking: a spurious one lets nobody through.
        if core.word.change({ $0.afterSleep(in: call.generation) }) == nil { return .isOver }
        if unsafe thread.pointee.isEntered { return nil }
        return unsafe slow.enter(thread).map { .timekeeper($0) }
      }
      switch wakeUp {
      case .isOver: return true
      case .timekeeper(let moment): callTimekeeper(at: moment)
      case nil: return false
      }
    }
  }
}

/// Why a thread does not sleep any longer.
private enum WakeUp {
  case isOver
  /// The timekeeper must be told of this moment first, without the lock.
  case timekeeper(Deadline)
}

extension BarrierCore {
  /// Waits awake for as long as that may pay; `true` if the phase is over. Whoever only tries, does not.
  fileprivate func waitAwake(_ call: Call, until deadline: Deadline?) -> Bool {
    deadline?.isTry != true && policy.waitAwake(until: deadline) { isOver(call) }
  }
}
