import Synchronization

/// How a task waits: suspended, without a thread.
///
/// With thousands of waiting tasks, their frames leave the processor's caches. So a suspended task has one
/// frame, that of the public function, and the frame holds little: each step between two suspensions is a
/// function that is not inlined, with its variables on the thread's stack. With the steps inlined, frames
/// were twice as large and a phase of 10 000 tasks took 1.3 times as long.
///
/// A cancelled task must not be waited for. So its cancellation is heard from the moment of its arrival on:
/// the handler is installed first, and the task arrives only in the phase that the handler would break.
extension ThreadBarrier {
  /// Arrives, and suspends the task until the phase is over. Stays on the caller's actor throughout.
  ///
  /// The closure that is passed to `withTaskCancellationHandler` would leave the actor for a thread of the
  /// pool, which may not be free. It stays because it captures the actor as a parameter.
  @inline(__always)
  func suspendingWait(
    _ timeout: Timeout, at site: CallSite, on actor: isolated (any Actor)?
  ) async throws -> Arrival {
    var timeout = timeout
    var outcome = Result<ArrivalOutcome, any Error>.success(.notCounted)
    while true {
      let attempt = ArrivalAttempt(core.word.load())
      await withTaskCancellationHandler {
        unsafe await withUnsafeContinuation(isolation: actor) { continuation in
          unsafe outcome = arrive(TaskWaiter(continuation), attempt, &timeout, at: site)
        }
      } onCancel: {
        core.cancel(attempt)
      }
      if let arrival = try core.leaveAsTask(outcome, attempt) { return arrival }
    }
  }

  /// Arrives in the phase of this attempt, and leaves the task suspended until that phase is over. Resumes
  /// the task if there is nothing to wait for. The timeout starts when the task has to wait.
  @inline(never)
  private func arrive(
    _ task: TaskWaiter, _ attempt: borrowing ArrivalAttempt, _ timeout: inout Timeout, at site: CallSite
  ) -> Result<ArrivalOutcome, any Error> {
    let outcome = core.arriveAsTask(attempt)
    guard case .success(.waiting(let token)) = outcome else {
      task.resume()
      return outcome
    }
    let deadline = core.giveUpIfImmediate(token, timeout.deadline())
    core.policy.taskWaits()
    switch core.enqueue(task, token, at: site, until: deadline) {
    case .phaseOver: task.resume()
    case .timerNeeded(let deadline): scheduleTimer(at: deadline)
    case nil: break
    }
    return outcome
  }
}

/// A task's attempt to arrive in the state that it has seen, until a cancellation of the task breaks the
/// phase that was open in that state. One word, because a suspended task keeps it.
private struct ArrivalAttempt: ~Copyable, Sendable {
  private let bits: Atomic<UInt64>

  /// No barrier is ever in this state: a broken one has no waiters.
  private static let broken = UInt64.max

  init(_ expected: BarrierState) {
    bits = Atomic(expected.bits)
  }

  /// The state that the task has seen; `nil` once the task's cancellation has broken the phase.
  var expected: BarrierState? {
    let bits = bits.load(ordering: .relaxed)
    return bits == Self.broken ? nil : BarrierState(bits: bits)
  }

  var brokePhase: Bool { expected == nil }

  func recordBreak() {
    bits.store(Self.broken, ordering: .relaxed)
  }
}

extension BarrierCore {
  /// Arrives in the phase of this attempt, or is refused as it was there.
  @inline(never)
  fileprivate func arriveAsTask(_ attempt: borrowing ArrivalAttempt) -> Result<ArrivalOutcome, any Error> {
    guard let expected = attempt.expected else { return .success(.notCounted) }
    // Asked before it arrives: a task that is cancelled later may be refused as other parties are.
    let isRefusedAsCancelled = expected.isBroken && Task.isCancelled
    do {
      return .success(try arrive(expected: expected))
    } catch {
      return .failure(isRefusedAsCancelled ? CancellationError() : asTaskThrows(error))
    }
  }

  /// The task of this attempt is cancelled. This only breaks the phase, unless all have arrived. The thread
  /// that ends a phase resumes its tasks, each once, this one among them.
  @inline(never)
  fileprivate func cancel(_ attempt: borrowing ArrivalAttempt) {
    // A task that found the barrier broken is refused, or arrives again. It has no part in the phase that a
    // reset opens.
    guard let expected = attempt.expected, !expected.isBroken else { return }
    _ = giveUp(expected.generation, BreakCause(.cancelled)) { attempt.recordBreak() }
  }

  /// Gives up if the deadline is immediate; if that is too late, the party waits forever. Returns any other
  /// deadline.
  fileprivate func giveUpIfImmediate(_ token: ArrivalToken, _ deadline: Deadline?) -> Deadline? {
    guard let deadline, deadline.isImmediate else { return deadline }
    _ = giveUp(token.generation, BreakCause(.timedOut, after: .zero, by: token.index))
    return nil
  }

  /// Adds the task to those that are resumed when the token's phase is over. `nil` if nothing else is to be
  /// done.
  fileprivate func enqueue(
    _ task: TaskWaiter, _ token: ArrivalToken, at site: CallSite, until deadline: Deadline?
  ) -> WaitInterruption? {
    let (record, name) = (WaitRecord(token, at: site), nameOfTask)
    return locked.withLock { locked in
      if word.update({ $0.afterEnqueue(in: token.generation) }) == nil { return .phaseOver }
      return locked.enqueue(task, token, record, named: name, until: deadline).map { .timerNeeded($0) }
    }
  }

  /// Leaves the phase; `nil` if the task has to arrive again.
  @inline(never)
  fileprivate func leaveAsTask(
    _ outcome: Result<ArrivalOutcome, any Error>, _ attempt: borrowing ArrivalAttempt
  ) throws -> Arrival? {
    switch try outcome.get() {
    case .completed(let token):
      return token.arrival(isLast: true)
    case .waiting(let token):
      do { try leave(token) } catch { throw asTaskThrows(error) }
      return isSurplus(token) ? nil : token.arrival(isLast: false)
    case .notCounted:
      // If this task's cancellation broke the phase, the task took part in it. The handler records that under
      // the lock after its exchange, which this task has seen. The runtime promises no order between a
      // handler and what follows its scope, so the record is read under the lock, too.
      if locked.withLock({ _ in attempt.brokePhase }) { throw CancellationError() }
      return nil
    }
  }

  /// A cancelled task throws `CancellationError` if a cancellation broke its phase.
  private func asTaskThrows(_ error: BrokenBarrierError) -> any Error {
    error.reason == .cancelled && Task.isCancelled ? CancellationError() : error
  }
}

/// The name of the calling task.
private var nameOfTask: String? {
  guard #available(macOS 26, iOS 26, tvOS 26, watchOS 26, visionOS 26, *) else { return nil }
  return Task.name
}
