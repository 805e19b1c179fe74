/// The same barrier, awaited: tasks meet at it without blocking a thread, and threads meet with them.
///
/// ```swift
/// let barrier = AsyncBarrier(parties: 100, label: "round", timeout: .seconds(5))
/// try await withThrowingTaskGroup(of: Void.self) { group in
///   for worker in 0..<100 {
///     group.addTask {
///       try await barrier.abortOnError {       // a task that fails frees the others
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
/// This is a second face of one ``ThreadBarrier``, not a second barrier. ``init(sharing:)`` gives it to a barrier at
/// which threads meet already; all are equal parties then, and whoever comes last releases everyone.
///
/// **No thread is blocked.** A task that waits is suspended, so that any number of tasks can meet on a pool of any
/// number of threads, even of one.
///
/// **Cancellation.** A task that is cancelled before all have arrived breaks the phase: it throws
/// `CancellationError`, and the others ``BrokenBarrierError`` with the reason `cancelled`. Once all have arrived, a
/// cancellation changes nothing: the task returns normally, and `Task.isCancelled` tells it. A cancelled task always
/// says `CancellationError` where the reason is `cancelled`, even if another task's cancellation came first; and it does
/// so, too, when it comes to a barrier that is broken already. This holds from the moment when `cancel()` has returned; of
/// several who cancel a task at once, when the first of them has, for Swift lets the others return before it is heard.
///
/// **Locks.** `wait()`, `abort(_:)` and `reset()`, of either face, may resume tasks, and Swift lets a resumed task wait
/// for its cancellation handlers. Do not token them while holding a lock that such a handler takes.
///
/// **Isolation.** `wait()` stays on the caller's actor, and comes back to it.
///
/// Everything else is as ``ThreadBarrier`` says: phases, all or none, the action, breaking, and memory.
public struct AsyncBarrier: Sendable, CustomStringConvertible {
  /// The barrier itself, for threads to wait at.
  public let threadBarrier: ThreadBarrier

  /// Makes tasks parties of a barrier at which threads may meet too.
  ///
  /// - Parameter barrier: The barrier. Its timeout, if it has one, is that of ``wait(fileID:line:)`` too.
  public init(sharing barrier: ThreadBarrier) {
    threadBarrier = barrier
  }

  /// Makes a barrier at which `parties` tasks meet.
  ///
  /// - Parameters:
  ///   - parties: How many must arrive to complete a phase, `1 ... ThreadBarrier.maxParties`; any other number traps.
  ///   - label: A name for errors and descriptions.
  ///   - timeout: How long ``wait(fileID:line:)`` waits before it breaks the barrier; `nil` for as long as it takes.
  ///   - action: What the last to arrive does in each phase, as in ``ThreadBarrier``.
  public init(
    parties: Int, label: String? = nil, timeout: Duration? = nil,
    action: (@Sendable (_ phase: UInt64) throws -> Void)? = nil
  ) {
    threadBarrier = ThreadBarrier(parties: parties, label: label, timeout: timeout, action: action)
  }

  /// Arrives, then suspends this task until every party has arrived, or the barrier's own timeout is over.
  ///
  /// The last to arrive runs the barrier's action; then all are released together. If the phase breaks, it breaks
  /// for all of them.
  ///
  /// What a party does before this token happens before the action, and the action happens before what any party
  /// does after it.
  ///
  /// - Parameters:
  ///   - fileID: Where the token is, for ``snapshot()`` and reports of stalls; leave it out.
  ///   - line: The same.
  /// - Returns: This party's place in the phase that completed.
  /// - Throws: ``BrokenBarrierError``, the same for every party of the phase; at once if the barrier is broken.
  ///   `CancellationError` if this task is cancelled before all have arrived.
  @discardableResult
  public nonisolated(nonsending) func wait(
    fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> Arrival {
    try await threadBarrier.suspendingWait(
      threadBarrier.defaultTimeout, at: CallSite(fileID, line), on: #isolation)
  }

  /// Arrives, then suspends this task until every party has arrived, for at most `timeout`.
  ///
  /// The time-out comes in time even if all of the pool's threads are blocked: a thread that the library runs while
  /// tasks wait with a timeout keeps the time.
  ///
  /// - Parameters:
  ///   - timeout: How long to wait, as in ``ThreadBarrier/wait(timeout:fileID:line:)``: zero or less is a try, except
  ///     for whoever comes while the action runs, and waits for the next phase to open in any case.
  ///   - fileID: Where the token is, for ``snapshot()`` and reports of stalls; leave it out.
  ///   - line: The same.
  /// - Returns: This party's place in the phase that completed.
  /// - Throws: As ``wait(fileID:line:)``. If the system has no thread left to keep the time, the barrier is aborted, with an
  ///   underlying error that says so.
  @discardableResult
  public nonisolated(nonsending) func wait(
    timeout: Duration, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> Arrival {
    try await threadBarrier.suspendingWait(.after(timeout), at: CallSite(fileID, line), on: #isolation)
  }

  /// Arrives, then suspends this task until every party has arrived, but not beyond `deadline`.
  ///
  /// - Parameters:
  ///   - deadline: When to give up, as in ``ThreadBarrier/wait(until:fileID:line:)``.
  ///   - fileID: Where the token is, for ``snapshot()`` and reports of stalls; leave it out.
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

  /// Runs the part of a task that meets others at this barrier, and aborts the barrier if that part throws.
  ///
  /// So the other parties do not wait for a task that has failed: they throw, with its error as the cause.
  ///
  /// - Parameter body: The task's part. It runs once, on the caller's actor, and may throw a typed error.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws, after ``abort(_:)`` with that error.
  public nonisolated(nonsending) func abortOnError<R, E: Error>(
    _ body: nonisolated(nonsending) () async throws(E) -> R
  ) async throws(E) -> R {
    do throws(E) {
      return try await body()
    } catch {
      abort(error)
      throw error
    }
  }

  /// Breaks the barrier, as ``ThreadBarrier/abort(_:)``.
  ///
  /// - Parameter error: The cause, which everyone gets as ``BrokenBarrierError/underlyingError``.
  public func abort(_ error: (any Error)? = nil) { threadBarrier.abort(error) }

  /// Makes the barrier fresh, as ``ThreadBarrier/reset()``.
  public func reset() { threadBarrier.reset() }

  /// How many must arrive to complete a phase.
  public var parties: Int { threadBarrier.parties }

  /// The barrier's name, in errors and descriptions.
  public var label: String? { threadBarrier.label }

  /// How many have arrived in the current phase, as ``ThreadBarrier/waitingCount``.
  public var waitingCount: Int { threadBarrier.waitingCount }

  /// Whether every arrival is refused, until ``reset()``.
  public var isBroken: Bool { threadBarrier.isBroken }

  /// The number of the current phase, as ``ThreadBarrier/phase``.
  public var phase: UInt64 { threadBarrier.phase }

  /// The label, the phase, how many of how many wait, and, if the barrier is broken, why.
  public var description: String { threadBarrier.description }
}
