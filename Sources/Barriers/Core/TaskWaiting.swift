/// How a task waits: it is suspended, and costs no thread.
extension ThreadBarrier {
  /// Arrives, and suspends the task until the phase is over. On the caller's actor throughout.
  ///
  /// The closure that is given to `withTaskCancellationHandler` would leave the actor, for a thread of the pool that may
  /// not be free: unless it captures the actor as a parameter.
  func suspendingWait(_ patience: Patience, on actor: isolated (any Actor)?) async throws -> Arrival {
    var patience = patience
    while true {
      switch try arrive() {
      case .completed(let arrival):
        return arrival
      case .waits(let call):
        let deadline = core.giveUpAtOnce(call, patience.deadline())
        await withTaskCancellationHandler {
          await sleep(call, until: deadline, on: actor)
        } onCancel: {
          // This only breaks the phase. Whoever ends a phase resumes its tasks, each once, this one among them.
          _ = core.giveUp(call, Breakage(.cancelled, by: call.index))
        }
        try core.leaveOrCancel(call)
        return call.arrival(isLast: false)
      case .surplus(let call):
        // All have arrived, so neither a time-out nor a cancellation changes this phase. But this caller's time
        // runs, and if it is cancelled, it breaks the phase that comes.
        _ = patience.deadline()
        await sleep(call, until: nil, on: actor)
        try core.leave(call)
      }
    }
  }

  private func arrive() throws -> BarrierCore.Step {
    guard Task.isCancelled else { return try core.arrive() }
    guard let call = core.arriveCancelled() else { throw CancellationError() }
    return .surplus(call)
  }

  /// Suspends the task until the phase is over.
  @inline(__always)
  private func sleep(_ call: Call, until deadline: Deadline?, on actor: isolated (any Actor)?) async {
    unsafe await withUnsafeContinuation(isolation: actor) { continuation in
      let task = unsafe SleepingTask(continuation)
      let entry = core.enter(task, call, until: deadline)
      if !entry.sleeps { task.wake() }
      if let moment = entry.timekeeper, let failure = Timekeeper.shared.meet(self, at: moment) {
        abort(failure)
      }
    }
  }
}

extension BarrierCore {
  /// A party that only tries gives up now; if that is too late, it waits without a limit. Any other keeps its
  /// deadline.
  fileprivate func giveUpAtOnce(_ call: Call, _ deadline: Deadline?) -> Deadline? {
    guard let deadline, deadline.granted == .zero else { return deadline }
    _ = giveUp(call, Breakage(.timedOut, after: .zero, by: call.index))
    return nil
  }

  /// Enters the task among those to be woken, unless its phase is over; and says when the timekeeper must be told
  /// to come, if it must.
  fileprivate func enter(
    _ task: SleepingTask, _ call: Call, until deadline: Deadline?
  ) -> (sleeps: Bool, timekeeper: Deadline?) {
    slowPath.withLock { slow in
      guard word.change({ $0.afterSleep(in: call.generation) }) != nil else { return (false, nil) }
      return (true, slow.tasks.enter(task, call, until: deadline))
    }
  }

  /// Leaves the phase, as a task does: one that was cancelled in it says so.
  fileprivate func leaveOrCancel(_ call: Call) throws {
    do {
      try leave(call)
    } catch {
      let isOwn = error.reason == .cancelled && (error.isOrigin || Task.isCancelled)
      throw isOwn ? CancellationError() : error
    }
  }

  /// The timekeeper has come. Breaks the phase if a task's time is over; returns when it has to come again, if so.
  func timekeeperCame() -> Deadline? {
    let (due, next) = slowPath.withLock { $0.tasks.timekeeperCame(open: word.load().generation) }
    if let due {
      _ = giveUp(due.call, Breakage(.timedOut, after: due.deadline.granted, by: due.call.index))
    }
    return next
  }

  /// Whether the timekeeper may have the barrier in its book.
  var knowsTimekeeper: Bool {
    slowPath.withLock { $0.tasks.knowsTimekeeper }
  }
}
