/// How a thread waits: awake for a while, then asleep.
extension ThreadBarrier {
  /// Arrives, and blocks the thread until the phase is over. Whoever comes last touches neither its patience nor its site.
  @inline(__always)
  func blockingWait(
    _ patience: @autoclosure () -> Timeout, at site: @autoclosure () -> CallSite
  ) throws(BrokenBarrierError) -> Arrival {
    // A task that waits does not block the action: it may even be one that the action has freed by a reset, and that
    // its executor runs at once, in here.
    core.trapInsideAction()
    switch try core.arrive() {
    case .completed(let arrival): return arrival
    case .waits(let token): return try block(token, patience(), at: site())
    }
  }

  /// Blocks the thread until the phase is over; a surplus token arrives again then.
  @inline(never)
  private func block(
    _ token: ArrivalToken, _ patience: Timeout, at site: CallSite
  ) throws(BrokenBarrierError) -> Arrival {
    var (token, patience) = (token, patience)
    while true {
      let deadline = patience.deadline()
      if !core.spinOrYield(token, until: deadline) { sleep(token, at: site, until: deadline) }
      try core.leave(token)
      if !core.isSurplus(token) { return token.arrival(isLast: false) }
      switch try core.arrive() {
      case .completed(let arrival): return arrival
      case .waits(let next): token = next
      }
    }
  }

  /// Sleeps until the phase is over; breaks it when the deadline comes first.
  @inline(never)
  private func sleep(_ token: ArrivalToken, at site: CallSite, until deadline: Deadline?) {
    // Whoever only tries does not sleep before that.
    if let deadline, deadline.isImmediate, giveUp(token, deadline) { return }
    let deadline = deadline?.isImmediate == true ? nil : deadline
    var thread = ThreadWaiter(token, at: site)
    unsafe withUnsafeMutablePointer(to: &thread) { thread in
      if unsafe sleep(thread, token, until: deadline) { return }
      if !giveUp(token, deadline) { _ = unsafe sleep(thread, token, until: nil) }
    }
  }

  /// Breaks the phase; `false` if it is too late for that: all have arrived, or the phase is over already.
  private func giveUp(_ token: ArrivalToken, _ deadline: Deadline?) -> Bool {
    core.giveUp(token.generation, BreakCause(.timedOut, after: deadline?.timeout, by: token.index))
  }

  /// Sleeps until the phase is over; `false` when the deadline has come first.
  private func sleep(
    _ thread: UnsafeMutablePointer<ThreadWaiter>, _ token: ArrivalToken, until deadline: Deadline?
  ) -> Bool {
    while true {
      let wakeUp = core.locked.wait(until: deadline) { slow -> WakeUp? in
        // Asked anew after each waking: a spurious one lets nobody through.
        if core.word.update({ $0.afterEnqueue(in: token.generation) }) == nil { return .isOver }
        if unsafe thread.pointee.isEntered { return nil }
        return unsafe slow.enter(thread).map { .timekeeper($0) }
      }
      switch wakeUp {
      case .isOver: return true
      case .timekeeper(let moment): scheduleTimer(at: moment)
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
  fileprivate func spinOrYield(_ token: ArrivalToken, until deadline: Deadline?) -> Bool {
    deadline?.isImmediate != true && policy.spinOrYield(until: deadline) { isOver(token) }
  }
}
