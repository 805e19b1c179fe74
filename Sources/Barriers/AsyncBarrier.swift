/// A barrier for tasks: a waiting task is suspended, and blocks no thread.
///
/// ```swift
/// let barrier = AsyncBarrier(parties: 100, label: "round", timeout: .seconds(5))
/// try await withThrowingTaskGroup(of: Void.self) { group in
///   for worker in 0..<100 {
///     group.addTask {
///       try await barrier.abortOnError {      // a task that fails frees the others
///         for round in 0..<10 {
///           try await compute(worker, round)
///           try await barrier.wait()
///         }
///       }
///     }
///   }
///   try await group.waitForAll()
/// }
/// ```
///
/// It is a second interface to a ``ThreadBarrier``, not another kind of barrier. ``init(sharing:)`` adds it
/// to a barrier at which threads wait. Threads and tasks are equal parties then, and the last to arrive
/// releases all of them.
///
/// **No thread is blocked.** A task that waits is suspended. So any number of tasks can wait for one another
/// on a pool of any size, even of one thread.
///
/// **Cancellation.** A task that is cancelled before all have arrived breaks the phase: it throws
/// `CancellationError`, and the others ``BrokenBarrierError`` with the reason `cancelled`. Once all have
/// arrived, a cancellation changes nothing: the task returns normally, and `Task.isCancelled` is true. A
/// cancelled task always throws `CancellationError` where the reason is `cancelled`, even if another task's
/// cancellation came first, and also when it arrives at a barrier that is already broken. This holds from the
/// moment when `cancel()` has returned. If several callers cancel a task at once, it holds from the moment
/// when the first call has returned: Swift lets the others return before the task's handler runs.
///
/// **Locks.** `wait()`, `abort(_:)` and `reset()` of either interface may resume tasks, and Swift lets a
/// resumed task wait for its cancellation handlers. Do not call them while holding a lock that such a handler
/// takes.
///
/// **Isolation.** `wait()` stays on the caller's actor, and returns to it.
///
/// Everything else is as for ``ThreadBarrier``: phases, all or none, the action, breaking, and memory.
public struct AsyncBarrier: Sendable, CustomStringConvertible {
  /// The barrier itself, where threads can wait.
  public let threadBarrier: ThreadBarrier

  /// Lets tasks be parties of a barrier at which threads may wait too.
  ///
  /// - Parameter barrier: The barrier. Its timeout, if it has one, applies to ``wait(fileID:line:)`` too.
  public init(sharing barrier: ThreadBarrier) {
    threadBarrier = barrier
  }

  /// Creates a barrier for `parties` tasks.
  ///
  /// - Parameters:
  ///   - parties: How many parties must arrive to complete a phase, `1 ... ThreadBarrier.maxParties`. Any
  ///     other number traps.
  ///   - label: A name for errors and descriptions.
  ///   - timeout: How long ``wait(fileID:line:)`` waits before it breaks the barrier; `nil` for as long as it
  ///     takes.
  ///   - action: What the last party to arrive does in each phase, as for ``ThreadBarrier``.
  public init(
    parties: Int, label: String? = nil, timeout: Duration? = nil,
    action: (@Sendable (_ phase: UInt64) throws -> Void)? = nil
  ) {
    threadBarrier = ThreadBarrier(parties: parties, label: label, timeout: timeout, action: action)
  }

  /// Arrives, then suspends this task until every party has arrived, or until the barrier's own timeout.
  ///
  /// The last to arrive runs the barrier's action; then all are released together. If the phase breaks, it
  /// breaks for all of them.
  ///
  /// What a party does before this call happens before the action, and the action happens before what any
  /// party does after it.
  ///
  /// - Parameters:
  ///   - fileID: Where the call is, for ``snapshot()`` and stall reports. Use the default.
  ///   - line: The same.
  /// - Returns: This party's place in the phase that completed.
  /// - Throws: ``BrokenBarrierError``, the same for every party of the phase; at once if the barrier is
  ///   broken. `CancellationError` if this task is cancelled before all have arrived.
  @discardableResult
  public nonisolated(nonsending) func wait(
    fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> Arrival {
    try await threadBarrier.suspendingWait(
      threadBarrier.defaultTimeout, at: CallSite(fileID, line), on: #isolation)
  }

  /// Arrives, then suspends this task until every party has arrived, for at most `timeout`.
  ///
  /// The timeout is punctual even if all of the pool's threads are blocked: a thread of the library keeps the
  /// time while tasks wait with a timeout.
  ///
  /// - Parameters:
  ///   - timeout: How long to wait, as for ``ThreadBarrier/wait(timeout:fileID:line:)``. Zero or less means
  ///     not to wait; but a caller that arrives while the action runs waits for the next phase to open in any
  ///     case.
  ///   - fileID: Where the call is, for ``snapshot()`` and stall reports. Use the default.
  ///   - line: The same.
  /// - Returns: This party's place in the phase that completed.
  /// - Throws: As ``wait(fileID:line:)``. If the system has no thread left to keep the time, the barrier is
  ///   aborted, with an underlying error that says so.
  @discardableResult
  public nonisolated(nonsending) func wait(
    timeout: Duration, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> Arrival {
    try await threadBarrier.suspendingWait(.after(timeout), at: CallSite(fileID, line), on: #isolation)
  }

  /// Arrives, then suspends this task until every party has arrived, but not beyond `deadline`.
  ///
  /// - Parameters:
  ///   - deadline: When to give up, as for ``ThreadBarrier/wait(until:fileID:line:)``.
  ///   - fileID: Where the call is, for ``snapshot()`` and stall reports. Use the default.
  ///   - line: The same.
  /// - Returns: This party's place in the phase that completed.
  /// - Throws: As ``wait(fileID:line:)``.
  @discardableResult
  public nonisolated(nonsending) func wait(
    until deadline: ContinuousClock.Instant, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> Arrival {
    try await threadBarrier.suspendingWait(
      Timeout(until: deadline), at: CallSite(fileID, line), on: #isolation)
  }

  /// Runs the part of a task that waits at this barrier, and aborts the barrier if that part throws.
  ///
  /// So the other parties do not wait for a task that has failed: they throw, with its error as the cause. An
  /// error of this barrier itself does not abort it: the other parties of that phase know already, and a
  /// phase that has opened since is not concerned.
  ///
  /// - Parameter body: The task's part. It runs once, on the caller's actor, and may throw a typed error.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws, after ``abort(_:)`` with that error.
  @discardableResult
  public nonisolated(nonsending) func abortOnError<R, E: Error>(
    _ body: nonisolated(nonsending) () async throws(E) -> R
  ) async throws(E) -> R {
    do throws(E) {
      return try await body()
    } catch {
      threadBarrier.abort(unlessOwn: error)
      throw error
    }
  }

  /// Breaks the barrier, as ``ThreadBarrier/abort(_:)``.
  ///
  /// - Parameter error: The cause, which every party receives as ``BrokenBarrierError/underlyingError``.
  public func abort(_ error: (any Error)? = nil) { threadBarrier.abort(error) }

  /// Makes the barrier fresh, as ``ThreadBarrier/reset()``.
  public func reset() { threadBarrier.reset() }

  /// How many parties must arrive to complete a phase.
  public var parties: Int { threadBarrier.parties }

  /// The barrier's name, in errors and descriptions.
  public var label: String? { threadBarrier.label }

  /// How many parties have arrived in the current phase, as ``ThreadBarrier/waitingCount``.
  public var waitingCount: Int { threadBarrier.waitingCount }

  /// Whether every arrival is refused, until ``reset()``.
  public var isBroken: Bool { threadBarrier.isBroken }

  /// The number of the current phase, as ``ThreadBarrier/phase``.
  public var phase: UInt64 { threadBarrier.phase }

  /// The label, the phase, how many of how many parties wait, and, if the barrier is broken, why.
  public var description: String { threadBarrier.description }
}
