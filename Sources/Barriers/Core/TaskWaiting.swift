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
    _ patience: Patience, at site: CallSite, on actor: isolated (any Actor)?
  ) async throws -> Arrival {
    var patience = patience
    var step = TaskStep.isOver
    while true {
      let attempt = Attempt(core.word.load())
      await withTaskCancellationHandler {
        unsafe await withUnsafeContinuation(isolation: actor) { continuation in
          unsafe step = arrive(SleepingTask(continuation), attempt, &patience, at: site)
        }
      } onCancel: {
        core.cancel(attempt)
      }
      if let arrival = try core.leaveAsTask(step, attempt) { return arrival }
    }
  }

  /// Arrives in the phase that was open in this state, and puts the task to sleep until that is over; or wakes it, if there is
  /// nothing to wait for. Its time begins to run when it has to wait.
  @inline(never)
  private func arrive(
    _ task: SleepingTask, _ attempt: borrowing Attempt, _ patience: inout Patience, at site: CallSite
  ) -> TaskStep {
    let step = core.arriveAsTask(attempt)
    guard case .waits(let call) = step else {
      task.wake()
      return step
    }
    let deadline = core.giveUpAtOnce(call, patience.deadline())
    core.policy.taskWaits()
    let entry = core.enter(task, call, at: site, until: deadline)
    if !entry.sleeps { task.wake() }
    if let moment = entry.timekeeper { callTimekeeper(at: moment) }
    return step
  }
}

/// A task's attempt to arrive, in the state that it has seen: until the task is cancelled, and that breaks the phase which was
/// open there. One word, for a suspended task keeps it.
private struct Attempt: ~Copyable, Sendable {
  private let bits: Atomic<UInt64>

  /// No barrier is ever in this state: a broken one has no sleepers.
  private static let broken = UInt64.max

  init(_ seen: BarrierState) {
    bits = Atomic(seen.bits)
  }

  /// `nil` once the phase was broken by this task's cancellation.
  var seen: BarrierState? {
    let bits = bits.load(ordering: .relaxed)
    return bits == Self.broken ? nil : BarrierState(bits: bits)
  }

  var hasBrokenIt: Bool { seen == nil }

  func noteBreakage() {
    bits.store(Self.broken, ordering: .relaxed)
  }
}

/// What comes of it when a task arrives.
private enum TaskStep {
  case completed(Call)
  case waits(Call)
  case failed(any Error)
  /// The phase was over before the task came.
  case isOver
}

extension BarrierCore {
  /// Arrives in the phase that was open in this state, or is refused as then.
  @inline(never)
  fileprivate func arriveAsTask(_ attempt: borrowing Attempt) -> TaskStep {
    guard let seen = attempt.seen else { return .isOver }
    // Asked first: who was not cancelled then may be refused as others are.
    let isCancelled = Task.isCancelled
    do {
      return switch try arrive(having: seen) {
      case .completed(let arrival): .completed(Call(index: arrival.index, phase: arrival.phase))
      case .waits(let call): .waits(call)
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
  fileprivate func cancel(_ attempt: borrowing Attempt) {
    // Whoever came to a broken barrier is refused, or has to come again: it has no part in what opens when that is mended.
    guard let seen = attempt.seen, !seen.isBroken else { return }
    _ = giveUp(seen.generation, Breakage(.cancelled)) { attempt.noteBreakage() }
  }

  /// A party that only tries gives up now; if that is too late, it waits without a limit. Any other keeps its
  /// deadline.
  fileprivate func giveUpAtOnce(_ call: Call, _ deadline: Deadline?) -> Deadline? {
    guard let deadline, deadline.isTry else { return deadline }
    _ = giveUp(call.generation, Breakage(.timedOut, after: .zero, by: call.index))
    return nil
  }

  /// Enters the task among those to be woken, unless its phase is over; and says when the timekeeper must be told
  /// to come, if it must.
  fileprivate func enter(
    _ task: SleepingTask, _ call: Call, at site: CallSite, until deadline: Deadline?
  ) -> (sleeps: Bool, timekeeper: Deadline?) {
    let (sleep, name) = (Sleep(call, at: site), nameOfTask)
    return slowPath.withLock { slow in
      guard word.change({ $0.afterSleep(in: call.generation) }) != nil else { return (false, nil) }
      return (true, slow.enter(task, call, sleep, named: name, until: deadline))
    }
  }

  /// Leaves the phase; `nil` if the task has to arrive again.
  @inline(never)
  fileprivate func leaveAsTask(_ step: TaskStep, _ attempt: borrowing Attempt) throws -> Arrival? {
    switch step {
    case .completed(let call):
      return call.arrival(isLast: true)
    case .waits(let call):
      do { try leave(call) } catch { throw asTaskThrows(error) }
      return isSurplus(call) ? nil : call.arrival(isLast: false)
    case .failed(let error):
      throw error
    case .isOver:
      // Whoever breaks a phase has taken part in it. Under the lock that was held for the exchange, which this task has seen,
      // until that was noted: the runtime promises no order between a handler and what comes after its scope.
      if slowPath.withLock({ _ in attempt.hasBrokenIt }) { throw CancellationError() }
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
