import Synchronization

/// How a task waits: it is suspended, and costs no thread.
///
/// What a suspended task keeps in its frames leaves the processor's caches when thousands wait. So there is one frame,
/// that of the public function, and it holds little: each step between two suspensions is a function that is not
/// inlined, whose variables live on the thread's stack. With the steps inlined the frames took twice the room, and a
/// phase of 10 000 tasks 1.3 times as long.
///
/// A task that is cancelled must not be waited for, from that moment on: so there is no moment between its arrival and the
/// one from which its cancellation is heard. The handler is there first, and the task arrives in no other phase than that
/// which the handler breaks.
extension ThreadBarrier {
  /// Arrives, and suspends the task until the phase is over. On the caller's actor throughout.
  ///
  /// The closure that is given to `withTaskCancellationHandler` would leave the actor, for a thread of the pool that may
  /// not be free: unless it captures the actor as a parameter.
  @inline(__always)
  func suspendingWait(
    _ patience: Timeout, at site: CallSite, on actor: isolated (any Actor)?
  ) async throws -> Arrival {
    var patience = patience
    var step = TaskStep.isOver
    while true {
      let attempt = ArrivalAttempt(core.word.load())
      await withTaskCancellationHandler {
        unsafe await withUnsafeContinuation(isolation: actor) { continuation in
          unsafe step = arrive(TaskWaiter(continuation), attempt, &patience, at: site)
        }
      } onCancel: {
        core.cancel(attempt)
      }
      if let arrival = try core.leaveAsTask(step, attempt) { return arrival }
    }
  }

  /// Arrives in the phase that was open in this state, and puts the task to sleep until that is over; or wakes it, if there is
  /// nothing to wait for. Its time waitBegan to run when it has to wait.
  @inline(never)
  private func arrive(
    _ task: TaskWaiter, _ attempt: borrowing ArrivalAttempt, _ patience: inout Timeout, at site: CallSite
  ) -> TaskStep {
    let step = core.arriveAsTask(attempt)
    guard case .waits(let token) = step else {
      task.wake()
      return step
    }
    let deadline = core.giveUpAtOnce(token, patience.deadline())
    core.policy.taskWaits()
    let entry = core.enter(task, token, at: site, until: deadline)
    if !entry.sleeps { task.wake() }
    if let moment = entry.timekeeper { scheduleTimer(at: moment) }
    return step
  }
}

/// A task's attempt to arrive, in the state that it has seen: until the task is cancelled, and that breaks the phase which was
/// open there. One word, for a suspended task keeps it.
private struct ArrivalAttempt: ~Copyable, Sendable {
  private let bits: Atomic<UInt64>

  /// No barrier is ever in this state: a broken one has no waiters.
  private static let broken = UInt64.max

  init(_ seen: BarrierState) {
    bits = Atomic(seen.bits)
  }

  /// `nil` once the phase was broken by this task's cancellation.
  var seen: BarrierState? {
    let bits = bits.load(ordering: .relaxed)
    return bits == Self.broken ? nil : BarrierState(bits: bits)
  }

  var brokePhase: Bool { seen == nil }

  func recordBreak() {
    bits.store(Self.broken, ordering: .relaxed)
  }
}

/// What comes of it when a task arrives.
private enum TaskStep {
  case completed(ArrivalToken)
  case waits(ArrivalToken)
  case failed(any Error)
  /// The phase was over before the task came.
  case isOver
}

extension BarrierCore {
  /// Arrives in the phase that was open in this state, or is refused as then.
  @inline(never)
  fileprivate func arriveAsTask(_ attempt: borrowing ArrivalAttempt) -> TaskStep {
    guard let seen = attempt.seen else { return .isOver }
    // Asked first: who was not cancelled then may be refused as others are.
    let isCancelled = Task.isCancelled
    do {
      return switch try arrive(expected: seen) {
      case .completed(let arrival): .completed(ArrivalToken(index: arrival.index, phase: arrival.phase))
      case .waits(let token): .waits(token)
      case nil: .isOver
      }
    } catch {
      let isRefused = seen.isBroken
      return .failed(isRefused && isCancelled ? CancellationError() : asTaskThrows(error))
    }
  }

  /// A task is cancelled that has arrived in the phase that was open in this state, or is about to. This only breaks the
  /// phase, unless all have arrived: whoever ends a phase resumes its tasks, each once, this one among them.
  @inline(never)
  fileprivate func cancel(_ attempt: borrowing ArrivalAttempt) {
    // Whoever came to a broken barrier is refused, or has to come again: it has no part in what opens when that is cleared.
    guard let seen = attempt.seen, !seen.isBroken else { return }
    _ = giveUp(seen.generation, BreakCause(.cancelled)) { attempt.recordBreak() }
  }

  /// A party that only tries gives up now; if that is too late, it waits without a limit. Any other keeps its
  /// deadline.
  fileprivate func giveUpAtOnce(_ token: ArrivalToken, _ deadline: Deadline?) -> Deadline? {
    guard let deadline, deadline.isImmediate else { return deadline }
    _ = giveUp(token.generation, BreakCause(.timedOut, after: .zero, by: token.index))
    return nil
  }

  /// Enters the task among those to be woken, unless its phase is over; and says when the timekeeper must be told
  /// to come, if it must.
  fileprivate func enter(
    _ task: TaskWaiter, _ token: ArrivalToken, at site: CallSite, until deadline: Deadline?
  ) -> (sleeps: Bool, timekeeper: Deadline?) {
    let (sleep, name) = (WaitRecord(token, at: site), nameOfTask)
    return locked.withLock { slow in
      guard word.update({ $0.afterEnqueue(in: token.generation) }) != nil else { return (false, nil) }
      return (true, slow.enter(task, token, sleep, named: name, until: deadline))
    }
  }

  /// Leaves the phase; `nil` if the task has to arrive again.
  @inline(never)
  fileprivate func leaveAsTask(_ step: TaskStep, _ attempt: borrowing ArrivalAttempt) throws -> Arrival? {
    switch step {
    case .completed(let token):
      return token.arrival(isLast: true)
    case .waits(let token):
      do { try leave(token) } catch { throw asTaskThrows(error) }
      return isSurplus(token) ? nil : token.arrival(isLast: false)
    case .failed(let error):
      throw error
    case .isOver:
      // Whoever breaks a phase has taken part in it. Under the lock that was held for the exchange, which this task has seen,
      // until that was noted: the runtime promises no order between a handler and what comes after its scope.
      if locked.withLock({ _ in attempt.brokePhase }) { throw CancellationError() }
      return nil
    }
  }

  /// A cancelled task says so if that is how its phase broke.
  private func asTaskThrows(_ error: BrokenBarrierError) -> any Error {
    error.reason == .cancelled && Task.isCancelled ? CancellationError() : error
  }
}

/// The name of the task that asks.
private var nameOfTask: String? {
  guard #available(macOS 26, iOS 26, tvOS 26, watchOS 26, visionOS 26, *) else { return nil }
  return Task.name
}
