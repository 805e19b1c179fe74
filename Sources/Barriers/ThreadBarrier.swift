/// A reusable barrier: a fixed number of threads wait for one another, and none proceeds until all have
/// arrived.
///
/// ```swift
/// let barrier = ThreadBarrier(parties: 4, label: "step", timeout: .seconds(5)) { phase in
///   print("step \(phase) is complete")         // the last to arrive, before any party goes on
/// }
/// for worker in 0..<4 {
///   Thread.detachNewThread {
///     try? barrier.abortOnError {              // a worker that fails frees the others
///       for step in 0..<100 {
///         try compute(worker, step)
///         try barrier.wait()
///       }
///     }
///   }
/// }
/// ```
///
/// **Phases.** Each use of the barrier is a phase, numbered from 0. The next phase opens the moment one is
/// over: a fast party may arrive in it while others still wake up from the last. If more threads arrive than
/// there are parties, the surplus joins a later phase.
///
/// **All or none.** A phase completes for all its parties, or breaks for all of them. A party of a completed
/// phase returns normally, whatever happens before it wakes up. A party of a broken phase throws that phase's
/// ``BrokenBarrierError``, however late it wakes up.
///
/// **Breaking.** A timeout, a cancelled task, a failed action and ``abort(_:)`` break the barrier: every
/// party that waits throws, and so does every party that arrives later, until ``reset()``. The first cause
/// counts.
///
/// **Memory.** What a party does before `wait()` happens before the action, and the action happens before
/// what any party does after `wait()` returns.
///
/// **Threads.** `wait()` blocks its thread, so each party needs one of its own: a `Thread`, a pthread, or a
/// serial `DispatchQueue`. Do not wait in a Swift task, nor in `DispatchQueue.concurrentPerform`: they run on
/// about as many threads as there are processors, and may never start the missing party.
///
/// A party may release the barrier as soon as its own `wait()` has returned.
public final class ThreadBarrier: Sendable, CustomStringConvertible {
  let core: BarrierCore
  let defaultTimeout: Timeout

  /// The largest number of parties: 1 048 576.
  public static let maxParties = BarrierCore.maxParties

  /// Creates a barrier for `parties` threads.
  ///
  /// - Parameters:
  ///   - parties: How many parties must arrive to complete a phase, `1 ... maxParties`. Any other number
  ///     traps.
  ///   - label: A name for errors and descriptions.
  ///   - timeout: How long ``wait(fileID:line:)`` waits before it breaks the barrier; `nil` for as long as it
  ///     takes.
  ///   - strategy: How threads wait for the others.
  ///   - action: What the last party to arrive does in each phase, after all have arrived and before any is
  ///     released, with no lock held. It receives the phase's number. If it throws, the phase breaks with
  ///     that error. It may read the barrier's properties, and abort or reset it, but not wait at it: that
  ///     traps. (It cannot refer to the constant that is being initialized with it; the object that owns the
  ///     barrier can pass it on.) After a reset while it runs, the action of a later phase may run beside it.
  public init(
    parties: Int, label: String? = nil, timeout: Duration? = nil, strategy: WaitStrategy = .adaptive,
    action: (@Sendable (_ phase: UInt64) throws -> Void)? = nil
  ) {
    core = BarrierCore(parties: parties, label: label, strategy: strategy, action: action)
    defaultTimeout = Timeout(timeout)
  }

  /// For tests that need a core with other parameters.
  init(_ core: consuming BarrierCore) {
    self.core = core
    defaultTimeout = .unlimited
  }

  deinit {
    if core.hadTimer { Timekeeper.shared.cancel(self) }
  }

  /// Arrives, then blocks this thread until every party has arrived, or until the barrier's own timeout.
  ///
  /// The last to arrive runs the barrier's action; then all are released together. If the phase breaks, it
  /// breaks for all of them. With one party it never blocks.
  ///
  /// What a party does before this call happens before the action, and the action happens before what any
  /// party does after it.
  ///
  /// - Parameters:
  ///   - fileID: Where the call is, for ``snapshot()`` and stall reports. Use the default.
  ///   - line: The same.
  /// - Returns: This party's place in the phase that completed.
  /// - Throws: ``BrokenBarrierError``, the same for every party of the phase; at once if the barrier is
  ///   broken.
  @available(
    *, noasync, message: "This blocks a thread that tasks share: await AsyncBarrier(sharing:).wait()."
  )
  @discardableResult
  public func wait(fileID: StaticString = #fileID, line: UInt = #line) throws(BrokenBarrierError) -> Arrival {
    try blockingWait(defaultTimeout, at: CallSite(fileID, line))
  }

  /// Arrives, then blocks this thread until every party has arrived, for at most `timeout`.
  ///
  /// If the timeout passes before all have arrived, the barrier breaks for all. Once all have arrived, a
  /// timeout changes nothing, even if the action takes longer. A caller that arrives while the action runs
  /// belongs to a later phase, and waits for it to open in any case.
  ///
  /// - Parameters:
  ///   - timeout: How long to wait from now on, on the clock of `ContinuousClock`, which changes to the
  ///     system's time do not affect and which counts the time during which the machine is suspended. It
  ///     replaces the barrier's own timeout. Zero or less means not to wait: the last party passes, any other
  ///     times out at once. A timeout of a century or more never expires.
  ///   - fileID: Where the call is, for ``snapshot()`` and stall reports. Use the default.
  ///   - line: The same.
  /// - Returns: This party's place in the phase that completed.
  /// - Throws: ``BrokenBarrierError``, the same for every party of the phase; at once if the barrier is
  ///   broken.
  @available(
    *, noasync, message: "This blocks a thread that tasks share: await AsyncBarrier(sharing:).wait()."
  )
  @discardableResult
  public func wait(
    timeout: Duration, fileID: StaticString = #fileID, line: UInt = #line
  ) throws(BrokenBarrierError) -> Arrival {
    try blockingWait(.after(timeout), at: CallSite(fileID, line))
  }

  /// Arrives, then blocks this thread until every party has arrived, but not beyond `deadline`.
  ///
  /// - Parameters:
  ///   - deadline: When to give up, as for ``wait(timeout:fileID:line:)``. One deadline may serve for many
  ///     phases. A deadline in the past means not to wait.
  ///   - fileID: Where the call is, for ``snapshot()`` and stall reports. Use the default.
  ///   - line: The same.
  /// - Returns: This party's place in the phase that completed.
  /// - Throws: ``BrokenBarrierError``, the same for every party of the phase; at once if the barrier is
  ///   broken.
  @available(
    *, noasync, message: "This blocks a thread that tasks share: await AsyncBarrier(sharing:).wait()."
  )
  @discardableResult
  public func wait(
    until deadline: ContinuousClock.Instant, fileID: StaticString = #fileID, line: UInt = #line
  ) throws(BrokenBarrierError) -> Arrival {
    try blockingWait(Timeout(until: deadline), at: CallSite(fileID, line))
  }

  /// Breaks the barrier: every party that waits throws, and so does every party that arrives later, until
  /// ``reset()``.
  ///
  /// For a worker that cannot go on, so that the others do not wait for it. It also frees the parties that
  /// wait for an action that hangs. On a broken barrier it does nothing, because the first cause counts.
  ///
  /// - Parameter error: The cause, which every party receives as ``BrokenBarrierError/underlyingError``.
  public func abort(_ error: (any Error)? = nil) {
    core.abort(error)
  }

  /// Makes the barrier fresh.
  ///
  /// A broken barrier works again. If parties wait, their phase breaks with
  /// ``BrokenBarrierError/Reason/reset``, and the next phase is open at once for later arrivals. On an idle
  /// barrier it does nothing.
  public func reset() {
    core.reset()
  }

  /// Runs the part of a worker that waits at this barrier, and aborts the barrier if that part throws.
  ///
  /// So the other parties do not wait for a worker that has failed: they throw, with its error as the cause.
  /// An error of this barrier itself does not abort it: the other parties of that phase know already, and a
  /// phase that has opened since is not concerned.
  ///
  /// - Parameter body: The worker's part. It runs once, on this thread, and may throw a typed error.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws, after ``abort(_:)`` with that error.
  @discardableResult
  public func abortOnError<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    do throws(E) {
      return try body()
    } catch {
      abort(unlessOwn: error)
      throw error
    }
  }

  /// Aborts with an error, unless this barrier broke with it: its parties know already.
  func abort(unlessOwn error: any Error) {
    if let broken = error as? BrokenBarrierError, broken.isOf(self) { return }
    abort(error)
  }

  /// How many parties must arrive to complete a phase.
  public var parties: Int { core.parties }

  /// The barrier's name, in errors and descriptions.
  public var label: String? { core.label }

  /// How many parties have arrived in the current phase: `parties` while the action runs, 0 when the barrier
  /// is broken.
  ///
  /// This and the other properties describe a moment that has passed. They are for reports and tests, not for
  /// decisions.
  public var waitingCount: Int { core.waitingCount }

  /// Whether every arrival is refused, until ``reset()``.
  public var isBroken: Bool { core.isBroken }

  /// The number of the current phase: how many are over, completed or broken. On a broken barrier, the phase
  /// that ``reset()`` will open.
  public var phase: UInt64 { core.phase }

  /// The label, the phase, how many of how many parties wait, and, if the barrier is broken, why.
  public var description: String { core.description }
}
