/// Runs `body` on `size` threads of its own that share a barrier, joins them all, and returns their results
/// by index.
///
/// ```swift
/// let shares = try withThreadTeam(size: 4, label: "sum") { member in
///   let share = load(part: member.index)
///   try member.wait()                          // all parts are loaded
///   return sum(share)
/// }
/// ```
///
/// **Failures.** No member begins before all threads have been started. A member that throws aborts the
/// barrier with its error, and the others throw where they wait. If a member returns while all others wait
/// for it, their phase can never complete: within a tenth of a second the barrier is aborted with a
/// ``TeamMemberExitedError``. Only a member that neither arrives nor ends can delay the others. `timeout`
/// bounds that. (A member ends by returning or throwing. One that calls `pthread_exit` or `Thread.exit()` is
/// not noticed.)
///
/// **Threads.** No thread outlives the call. So the body need not escape, and may use the caller's constants
/// of sendable type, even noncopyable ones such as a `Mutex`. The caller blocks meanwhile; in a task, it
/// would block a thread that tasks share. Threads are named by label and index: "sum 3", or "team 3" without
/// a label. Where a name has at most 15 bytes, as on Linux, the label is shortened.
///
/// **Memory.** What the caller did before the call happens before what any member does, and that happens
/// before what the caller does after the call.
///
/// - Parameters:
///   - size: The number of threads, 1 ... ``ThreadBarrier/maxParties``. Any other number traps.
///   - label: The name of the barrier, and of the threads.
///   - timeout: How long ``TeamMember/wait(fileID:line:)`` waits before it breaks the barrier; `nil` for as
///     long as it takes.
///   - strategy: How members wait for one another.
///   - action: What the last member to arrive does in each phase, as for a ``ThreadBarrier``.
///   - body: What each member does.
/// - Returns: What the members returned, by index.
/// - Throws: When all have ended: the first error that a member threw by itself. A ``BrokenBarrierError`` of
///   the team's barrier only if there is no other: if a timeout, an action or an abort broke it, or if
///   members waited for one that had ended (its `underlyingError` is a ``TeamMemberExitedError`` then).
///   ``ThreadStartError`` if a thread could not be started; then no member has begun.
@available(
  *, noasync,
  message: "This blocks a thread that tasks share: use a task group and AsyncBarrier, or call it on a Thread."
)
@discardableResult
public func withThreadTeam<R: Sendable>(
  size: Int, label: String? = nil, timeout: Duration? = nil, strategy: WaitStrategy = .adaptive,
  action: (@Sendable (_ phase: UInt64) throws -> Void)? = nil,
  _ body: @Sendable (TeamMember) throws -> R
) throws -> [R] {
  guard (1...ThreadBarrier.maxParties).contains(size) else {
    fatalError("A team cannot have \(size) members: give it 1 to \(ThreadBarrier.maxParties).")
  }
  let barrier = ThreadBarrier(
    parties: size, label: label, timeout: timeout, strategy: strategy, action: action)
  return try withoutActuallyEscaping(body) { body in
    try TeamRunner(meetingAt: barrier, running: body).run()
  }
}
