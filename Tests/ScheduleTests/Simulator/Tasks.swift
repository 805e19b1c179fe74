// What the library uses of Swift's concurrency, simulated: continuations and cancellation. The library's
// sources resolve to these before the standard library's.
//
// Each simulated task has a simulated thread to itself. Suspending the task blocks that thread, so resuming
// it and running again are two steps, and other threads may run in between. Executors are not simulated: on
// which thread a task resumes is for other tests.

/// A task and its status lock.
///
/// As in the runtime, the lock is held while a cancellation handler runs, while the task is resumed, and
/// while a handler is added or removed. The task is marked as cancelled before its handler runs: so when two
/// threads cancel it at once, the second may return before the handler has run.
final class SimulatedTask: @unchecked Sendable {
  fileprivate private(set) var isCancelled = false
  fileprivate var onCancel: (@Sendable () -> Void)?
  private var statusOwner: SimulatedThread?
  /// The clock of the last unlock.
  private var clock = VectorClock()

  /// Cancels the task; its handler runs on this thread.
  func cancel() {
    let simulator = SimulatedThread.running.simulator
    simulator.step("marks a task as cancelled")
    guard !isCancelled else { return }
    isCancelled = true
    simulator.noteWrite()
    withStatusLock("runs a cancellation handler") { onCancel?() }
  }

  /// To resume a task, and to add or remove a handler, the runtime uses exchanges that do not acquire, unless
  /// it has to wait for the lock: pass `false` for `acquires`.
  fileprivate func withStatusLock(_ what: String, acquires: Bool = true, _ body: () -> Void) {
    let thread = SimulatedThread.running
    if thread.locksHeld > 0 { thread.simulator.fail("\(thread.name) \(what) while it holds a lock") }
    thread.simulator.step(what)
    // The cancellation handler resumes the task: this thread holds the lock already.
    if statusOwner === thread { return body() }
    let hasToWait = statusOwner != nil
    while statusOwner != nil { thread.simulator.block(.blocked(.taskStatus)) }
    statusOwner = thread
    if acquires || hasToWait { thread.clock.join(clock) }
    body()
    statusOwner = nil
    clock.join(thread.clock)
    thread.clock[thread.number] += 1
    thread.simulator.makeReady(.taskStatus)
  }
}

enum Task {
  static var name: String? { SimulatedThread.running.name }

  static var isCancelled: Bool {
    let thread = SimulatedThread.running
    thread.simulator.step("checks for cancellation")
    return thread.task?.isCancelled ?? false
  }
}

@unsafe struct UnsafeContinuation<Success, Failure: Error>: Sendable {
  fileprivate let suspension: Suspension

  fileprivate final class Suspension: @unchecked Sendable {
    let thread: SimulatedThread
    var isResumed = false
    var clock = VectorClock()

    init(_ thread: SimulatedThread) {
      self.thread = thread
    }
  }

  func resume() where Success == Void {
    let simulator = SimulatedThread.running.simulator
    suspension.thread.task?.withStatusLock("resumes \(suspension.thread.name)", acquires: false) {
      if suspension.isResumed { simulator.fail("\(suspension.thread.name) is resumed twice") }
      suspension.isResumed = true
      suspension.clock = SimulatedThread.running.clock
      SimulatedThread.running.clock[SimulatedThread.running.number] += 1
      if suspension.thread.status == .blocked(.suspension) { suspension.thread.status = .ready }
    }
  }
}

func withUnsafeContinuation(
  isolation: isolated (any Actor)? = #isolation, _ body: (UnsafeContinuation<Void, Never>) -> Void
) async {
  let thread = SimulatedThread.running
  let suspension = UnsafeContinuation<Void, Never>.Suspension(thread)
  body(UnsafeContinuation(suspension: suspension))
  thread.simulator.step("suspends")
  while !suspension.isResumed { thread.simulator.block(.blocked(.suspension)) }
  thread.clock.join(suspension.clock)
}

// `@concurrent`, as in the standard library: of two equally good overloads the compiler takes this module's.
func withTaskCancellationHandler<T>(
  operation: @concurrent () async throws -> T, onCancel handler: @Sendable () -> Void,
  isolation: isolated (any Actor)? = #isolation
) async rethrows -> T {
  let task = SimulatedThread.running.task!
  return try await withoutActuallyEscaping(handler) { handler in
    // A handler that is added too late runs at once, and the cancelling thread may run it too.
    var isLate = false
    task.withStatusLock("adds a cancellation handler", acquires: false) {
      isLate = task.isCancelled
      task.onCancel = handler
    }
    if isLate { handler() }
    defer { task.withStatusLock("removes its cancellation handler", acquires: false) { task.onCancel = nil } }
    return try await operation()
  }
}

extension Simulator {
  /// Starts a thread that runs a task.
  @discardableResult
  func startTask(_ name: String, _ body: @escaping @Sendable () async -> Void) -> SimulatedTask {
    let task = SimulatedTask()
    let thread = start(name) { SingleJobExecutor().run(body) }
    thread.task = task
    return task
  }
}

/// Runs an asynchronous function that never suspends, on the calling thread.
private final class SingleJobExecutor: TaskExecutor, @unchecked Sendable {
  private var job: UnownedJob?

  func enqueue(_ job: consuming ExecutorJob) {
    self.job = UnownedJob(job)
  }

  func run(_ body: @escaping @Sendable () async -> Void) {
    _ = _Concurrency.Task(executorPreference: self) { await body() }
    while let job {
      self.job = nil
      job.runSynchronously(on: asUnownedTaskExecutor())
    }
  }
}
