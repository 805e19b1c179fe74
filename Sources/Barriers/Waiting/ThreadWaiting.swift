/// How a thread waits: first awake, then asleep.
extension ThreadBarrier {
  /// Arrives, and blocks the thread until the phase is over. A call that is last at its first arrival
  /// evaluates neither the timeout nor the call site.
  @inline(__always)
  func blockingWait(
    _ timeout: @autoclosure () -> Timeout, at site: @autoclosure () -> CallSite
  ) throws(BrokenBarrierError) -> Arrival {
    // Only threads trap. A task that waits does not block the action: the action may even have freed it by a
    // reset, and its executor may run it inside the action.
    core.trapInsideAction()
    let outcome = try core.arrive()
    if case .completed(let token) = outcome { return token.arrival(isLast: true) }
    return try block(outcome, timeout(), at: site())
  }

  /// Blocks the thread until the phase is over. A surplus call, or one that was not counted, arrives again.
  @inline(never)
  private func block(
    _ outcome: ArrivalOutcome, _ timeout: Timeout, at site: CallSite
  ) throws(BrokenBarrierError) -> Arrival {
    var (outcome, timeout) = (outcome, timeout)
    while true {
      switch outcome {
      case .completed(let token):
        return token.arrival(isLast: true)
      case .waiting(let token):
        let deadline = timeout.deadline()
        if !core.spinOrYield(token, until: deadline) { sleep(token, at: site, until: deadline) }
        try core.leave(token)
        if !core.isSurplus(token) { return token.arrival(isLast: false) }
      case .notCounted:
        break
      }
      outcome = try core.arrive()
    }
  }

  /// Sleeps until the phase is over. Breaks the phase if the deadline passes first.
  @inline(never)
  private func sleep(_ token: ArrivalToken, at site: CallSite, until deadline: Deadline?) {
    // A party with an immediate deadline gives up before it sleeps. If that is too late, it waits forever.
    if let deadline, deadline.isImmediate, giveUp(token, deadline) { return }
    let deadline = deadline?.isImmediate == true ? nil : deadline
    var waiter = ThreadWaiter(token, at: site)
    unsafe withUnsafeMutablePointer(to: &waiter) { waiter in
      if unsafe sleep(waiter, token, until: deadline) { return }
      if !giveUp(token, deadline) { _ = unsafe sleep(waiter, token, until: nil) }
    }
  }

  /// Breaks the phase. Returns `false` if it is too late: all have arrived, or the phase is over.
  private func giveUp(_ token: ArrivalToken, _ deadline: Deadline?) -> Bool {
    core.giveUp(token.generation, BreakCause(.timedOut, after: deadline?.timeout, by: token.index))
  }

  /// Sleeps until the phase is over. Returns `false` if the deadline passed first.
  private func sleep(
    _ waiter: UnsafeMutablePointer<ThreadWaiter>, _ token: ArrivalToken, until deadline: Deadline?
  ) -> Bool {
    while true {
      let interruption = core.locked.wait(until: deadline) { locked -> WaitInterruption? in
        // Checked again after each wake-up, so a spurious one lets no party through.
        if core.word.update({ $0.afterEnqueue(in: token.generation) }) == nil { return .phaseOver }
        if unsafe waiter.pointee.isEnqueued { return nil }
        return unsafe locked.enqueue(waiter).map { .timerNeeded($0) }
      }
      switch interruption {
      case .phaseOver: return true
      case .timerNeeded(let deadline): scheduleTimer(at: deadline)
      case nil: return false
      }
    }
  }
}

extension BarrierCore {
  /// Waits awake while that may pay. Returns whether the phase is over. With an immediate deadline it does
  /// not wait.
  fileprivate func spinOrYield(_ token: ArrivalToken, until deadline: Deadline?) -> Bool {
    deadline?.isImmediate != true && policy.spinOrYield(until: deadline) { isOver(token) }
  }
}
