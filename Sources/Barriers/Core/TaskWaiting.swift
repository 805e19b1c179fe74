/// How a task waits: it is suspended, and costs no thread.
///
/// What a suspended task keeps in its frames leaves the processor's caches when thousands wait. So there is one frame,
/// that of the public function, and it holds little: each step between two suspensions is a function that is not
/// inlined, whose variables live on the thread's stack. With the steps inlined the frames took twice the room, and a
/// phase of 10 000 tasks 1.3 times as long.
extension ThreadBarrier {
  /// Arrives, and suspends the task until the phase is over. On the caller's actor throughout.
  ///
  /// The closure that is given to `withTaskCancellationHandler` would leave the actor, for a thread of the pool that may
  /// not be free: unless it captures the actor as a parameter.
  @inline(__always)
  func suspendingWait(_ patience: Patience, on actor: isolated (any Actor)?) async throws -> Arrival {
    var patience = patience
    while true {
      switch try core.arriveUnlessCancelled() {
      case .completed(let arrival):
        return arrival
      case .waits(let call):
        await withTaskCancellationHandler {
          unsafe await withUnsafeContinuation(isolation: actor) { continuation in
            unsafe sleep(SleepingTask(continuation), call, &patience)
          }
        } onCancel: {
          core.cancel(call)
        }
        try core.leaveOrCancel(call)
        if !core.isSurplus(call) { return call.arrival(isLast: false) }
      }
    }
  }

  /// Puts the task to sleep until the phase is over, or wakes it if that is so already. Its time begins to run.
  @inline(never)
  private func sleep(_ task: SleepingTask, _ call: Call, _ patience: inout Patience) {
    let deadline = core.giveUpAtOnce(call, core.startTime(of: call, &patience))
    core.policy.taskWaits()
    let entry = core.enter(task, call, until: deadline)
    if !entry.sleeps { task.wake() }
    if let moment = entry.timekeeper, let failure = Timekeeper.shared.meet(self, at: moment) {
      abort(failure)
    }
  }
}

extension BarrierCore {
  /// Arrives; a cancelled task breaks the phase instead, or waits for the next one in order to break that.
  @inline(never)
  fileprivate func arriveUnlessCancelled() throws -> Step {
    guard Task.isCancelled else { return try arrive() }
    guard let call = arriveCancelled() else { throw CancellationError() }
    return .waits(call)
  }

  /// The task is cancelled while it sleeps. This only breaks the phase, unless all have arrived: whoever ends a phase
  /// resumes its tasks, each once, this one among them.
  @inline(never)
  fileprivate func cancel(_ call: Call) {
    _ = giveUp(call, Breakage(.cancelled, by: call.index))
  }

  /// A party that only tries gives up now; if that is too late, it waits without a limit. Any other keeps its
  /// deadline.
  fileprivate func giveUpAtOnce(_ call: Call, _ deadline: Deadline?) -> Deadline? {
    guard let deadline, deadline.isTry else { return deadline }
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
  @inline(never)
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
