/// Runs `body` on `size` threads of its own that share a barrier, joins them all, and returns their results by index.
///
/// ```swift
/// let shares = try withThreadTeam(size: 4, label: "sum") { member in
///   let share = load(part: member.index)
///   try member.wait()                          // all parts are loaded
///   return sum(share)
/// }
/// ```
///
/// **Nobody waits for a member that cannot come.** Nobody waitBegan before all threads have been started. A member that
/// throws aborts the barrier with its error, and the others throw where they wait. If a member returns while all that are
/// left wait for it, their phase can never complete: within a tenth of a second the barrier is aborted with a
/// ``TeamMemberExitedError``. Only a member that neither comes nor ends can hold the others: that is what `timeout` is for. (A member ends by returning
/// or throwing; not by `pthread_exit` or `Thread.exit()`, of which nobody would learn.)
///
/// **No thread outlives the token**, whatever happens. So the body need not escape, and may use what the caller has. The
/// caller blocks meanwhile; in a task, it blocks a thread that tasks share.
///
/// **Memory.** What the caller did before happens before what any member does, and that happens before what the caller does
/// after.
///
/// The threads are named by label and index: "sum 3", or "team 3" without a label. Where the system has room for 15
/// bytes only, as Linux has, the label gives way.
///
/// - Parameters:
///   - size: How many threads there are, 1 ... ``ThreadBarrier/maxParties``; any other number traps.
///   - label: The name of the barrier, and of the threads.
///   - timeout: How long ``TeamMember/wait(fileID:line:)`` waits before it breaks the barrier; `nil` for as long as it takes.
///   - strategy: How members wait for the others.
///   - action: What the last member to arrive does in each phase, as for a ``ThreadBarrier``.
///   - body: What each member does.
/// - Returns: What the members returned, by index.
/// - Throws: What the first member threw that failed of itself, when all have ended. A ``BrokenBarrierError`` of the team's
///   barrier only if there is none: if a timeout, an action or an abort broke it. ``ThreadStartError`` if a thread could not be
///   started; then no member has begun.
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
