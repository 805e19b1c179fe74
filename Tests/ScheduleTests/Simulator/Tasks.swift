// What the library uses of Swift's concurrency, as the simulator has it: continuations, cancellation. Its sources find these
// before those of the standard library.
//
// A simulated task has a simulated thread to itself. It is suspended by blocking that thread, so that to be resumed and to
// go on are two steps, with all that others do in between. The executor is left out: which thread a task goes on on is a
// matter for other tests.

/// A task, and who may touch its status. To run its cancellation handlers, to resume it and to add or remove a handler take
/// turns, as in the runtime, whose lock is held while the handlers run. That it was cancelled is marked before that, so
/// of two who cancel it at once the second may return before the handlers have run.
final class SimulatedTask: @unchecked Sendable {
  fileprivate private(set) var isCancelled = false
  fileprivate var onCancel: (@Sendable () -> Void)?
  private var busy: SimulatedThread?
  /// What whoever had the turn last knew.
  private var knows = VectorClock()

  /// Cancels the task; its handler runs in here.
  func cancel() {
    let simulator = SimulatedThread.running.simulator
    simulator.step("marks a task as cancelled")
    guard !isCancelled else { return }
    isCancelled = true
    simulator.wrote()
    withStatus("runs a cancellation handler") { onCancel?() }
  }

  /// To resume a task, and to add or remove a handler, takes exchanges that acquire nothing, unless they have to wait.
  fileprivate func withStatus(_ what: String, acquires: Bool = true, _ body: () -> Void) {
    let thread = SimulatedThread.running
    if thread.locksHeld > 0 { thread.simulator.fail("\(thread.name) \(what) while it holds a lock") }
    thread.simulator.step(what)
    // Whoever resumes, from its handler, the task that is being cancelled has the turn already.
    if busy === thread { return body() }
    let hasToWait = busy != nil
    while busy != nil { thread.simulator.block(.blocked(.taskStatus)) }
    busy = thread
    if acquires || hasToWait { thread.knows.join(knows) }
    body()
    busy = nil
    knows.join(thread.knows)
    thread.knows[thread.number] += 1
    for other in thread.simulator.threads where other.status == .blocked(.taskStatus) {
      other.status = .ready
    }
  }
}

enum Task {
  static var name: String? { SimulatedThread.running.name }

  static var isCancelled: Bool {
    let thread = SimulatedThread.running
    thread.simulator.step("asks whether it was cancelled")
    return thread.task?.isCancelled ?? false
  }
}

@unsafe struct UnsafeContinuation<Success, Failure: Error>: Sendable {
  fileprivate let suspension: Suspension

  fileprivate final class Suspension: @unchecked Sendable {
    let thread: SimulatedThread
    var isResumed = false
    var knows = VectorClock()

    init(_ thread: SimulatedThread) {
      self.thread = thread
    }
  }

  func resume() where Success == Void {
    let simulator = SimulatedThread.running.simulator
    suspension.thread.task?.withStatus("resumes \(suspension.thread.name)", acquires: false) {
      if suspension.isResumed { simulator.fail("\(suspension.thread.name) is resumed for the second time") }
      suspension.isResumed = true
      suspension.knows = SimulatedThread.running.knows
      SimulatedThread.running.knows[SimulatedThread.running.number] += 1
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
  thread.knows.join(suspension.knows)
}

// `@concurrent`, as the standard library's is: of two functions that fit as well the compiler takes that of this module.
func withTaskCancellationHandler<T>(
  operation: @concurrent () async throws -> T, onCancel handler: @Sendable () -> Void,
  isolation: isolated (any Actor)? = #isolation
) async rethrows -> T {
  let task = SimulatedThread.running.task!
  return try await withoutActuallyEscaping(handler) { handler in
    // A handler that is added too late is run at once, and may be run by the canceller too.
    var isLate = false
    task.withStatus("adds a cancellation handler", acquires: false) {
      isLate = task.isCancelled
      task.onCancel = handler
    }
    if isLate { handler() }
    defer { task.withStatus("removes its cancellation handler", acquires: false) { task.onCancel = nil } }
    return try await operation()
  }
}

extension Simulator {
  /// Starts a thread that runs a task.
  @discardableResult
  func startTask(_ name: String, _ body: @escaping @Sendable () async -> Void) -> SimulatedTask {
    let task = SimulatedTask()
    let thread = start(name) { OneJob().run(body) }
    thread.task = task
    return task
  }
}

/// Runs an asynchronous function that never is suspended on the thread that asks for it.
private final class OneJob: TaskExecutor, @unchecked Sendable {
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
