import Dispatch
import Foundation

/// Runs the library's own source code under a schedule that decides, before each step, which thread takes it.
///
/// `LibrarySources` beside this folder is a link to the library's sources: they are compiled into this module
/// once more, without a change. What they use from elsewhere resolves to this module first: ``Atomic``, the
/// functions of CBarriers, continuations and cancellation. Each use is a step and a yield point: the
/// simulator asks its ``Schedule`` which thread runs next. So one seed, or one list of decisions, is one
/// execution, which can be replayed.
///
/// Each simulated thread is a thread of the system, but only the scheduled one runs, so nothing here needs a
/// lock. Between two steps a thread touches no shared memory, or only memory that a simulated mutex guards.
///
/// The simulator checks throughout for what no schedule may show: a deadlock or a lost wake-up (no thread can
/// run, though not all have finished), no end within ``stepLimit`` steps, misuse of a mutex, use of a monitor
/// that was destroyed.
final class Simulator: @unchecked Sendable {
  /// Unique in this process.
  let number: Int
  let processors: Int
  /// How barriers with more parties than processors wait at first.
  let initialMode: WaitTuner.Mode
  /// Whether starting a thread may fail.
  let threadStartMayFail: Bool
  /// The number of this execution in its search, for scenarios that vary.
  let execution: Int
  let schedule: any Schedule
  private(set) var threads: [SimulatedThread] = []
  private(set) var failure: Failure?
  /// The time in nanoseconds.
  private(set) var now: UInt64 = 1_000_000_000
  /// The number of writes to shared memory: a spinning thread need not look again before the next one.
  private(set) var writes = 0
  private var monitors: [UnsafeRawPointer: SimulatedMonitor] = [:]
  private var steps = 0
  private let isOver = DispatchSemaphore(value: 0)
  private let workers: WorkerPool
  private let isTraced: Bool
  /// What each thread did so far, if this execution is traced.
  private(set) var trace: [String] = []

  /// No execution here has a tenth of this, except one with an endless loop.
  private static let stepLimit = 20_000

  /// How far the time advances when all runnable threads spin: further than the library spins.
  private static let longSpin: UInt64 = 30_000

  /// The simulator whose scenario is being set up: it tells what is created there how many processors exist.
  @TaskLocal static var underConstruction: Simulator?

  struct Failure: Error, CustomStringConvertible {
    let what: String
    let threads: [String]
    var description: String { ([what] + threads).joined(separator: "\n  ") }
  }

  struct Configuration: Sendable {
    var processors = 1
    var initialMode = WaitTuner.Mode.parking
    var threadStartMayFail = false
  }

  init(
    _ number: Int, _ configuration: Configuration, _ schedule: any Schedule, on workers: WorkerPool,
    execution: Int, isTraced: Bool
  ) {
    self.number = number
    self.execution = execution
    self.schedule = schedule
    self.workers = workers
    self.isTraced = isTraced
    (processors, initialMode) = (configuration.processors, configuration.initialMode)
    threadStartMayFail = configuration.threadStartMayFail
  }

  // MARK: Running

  /// Adds a thread. It does not run before it is scheduled.
  @discardableResult
  func start(_ name: String, _ body: @escaping @Sendable () -> Void) -> SimulatedThread {
    precondition(threads.count < VectorClock.maxThreads, "too many threads for one execution")
    let thread = SimulatedThread(name, number: threads.count, on: self)
    // What its creator did before happens before all that it does.
    if let creator = SimulatedThread.current { thread.clock.join(creator.clock) }
    threads.append(thread)
    workers.run(thread) { [self] in
      thread.permit.wait()
      body()
      finish(thread)
    }
    return thread
  }

  /// Runs all threads to their ends; returns what went wrong.
  func run() -> Failure? {
    SimulatedThread.current = nil
    if let first = scheduleNext(after: nil) {
      first.permit.signal()
      isOver.wait()
    }
    return failure
  }

  private func finish(_ thread: SimulatedThread) {
    thread.status = .finished
    makeReady(.thread)
    if let next = scheduleNext(after: thread) {
      next.permit.signal()
    } else {
      isOver.signal()
    }
  }

  /// Ends the execution as failed. Its threads stay blocked, because no thread can be ended from outside.
  func fail(_ what: String) -> Never {
    end(with: what)
    while true { SimulatedThread.current?.permit.wait() }
  }

  /// Failed executions. Their threads stay blocked forever and keep what they hold: so that is no leak.
  nonisolated(unsafe) private static var abandoned: [Simulator] = []  // guarded by `abandonedLock`
  private static let abandonedLock = NSLock()

  private func end(with what: String) {
    Self.abandonedLock.withLock { Self.abandoned.append(self) }
    if failure == nil { failure = Failure(what: what, threads: threads.map(\.description)) }
    isOver.signal()
  }

  // MARK: Steps

  /// The running thread calls this before each operation that other threads can observe.
  func step(_ what: @autoclosure () -> String) {
    let thread = SimulatedThread.running
    steps += 1
    if steps > Self.stepLimit { fail("no end after \(steps) steps") }
    if let next = scheduleNext(after: thread), next !== thread { switchContext(from: thread, to: next) }
    thread.clock[thread.number] += 1
    if isTraced { trace.append("\(thread.name): \(what())") }
  }

  /// The running thread cannot run again before its status changes.
  func block(_ status: SimulatedThread.Status) {
    let thread = SimulatedThread.running
    thread.status = status
    guard let next = scheduleNext(after: thread) else {
      while true { thread.permit.wait() }
    }
    if next !== thread { switchContext(from: thread, to: next) }
  }

  func makeReady(_ reason: SimulatedThread.BlockReason) {
    for thread in threads where thread.status == .blocked(reason) { thread.status = .ready }
  }

  /// The running thread spins or yields, and has observed all writes: it runs again after the next write, or
  /// when no other thread can.
  func spinHint(_ what: String) {
    step(what)
    block(.spinning(sinceWrite: writes))
  }

  func noteWrite() {
    writes += 1
  }

  func readClock() -> UInt64 {
    now += 1
    return now
  }

  private func switchContext(from thread: SimulatedThread, to next: SimulatedThread) {
    next.permit.signal()
    thread.permit.wait()
  }

  /// The thread that runs next; `nil` if all have finished, or if the execution has failed.
  private func scheduleNext(after running: SimulatedThread?) -> SimulatedThread? {
    while true {
      var options: [Transition] = []
      if let running, running.isRunnable(writes: writes) { options.append(.thread(running.number)) }
      let canContinue = !options.isEmpty
      for thread in threads where thread !== running && thread.isRunnable(writes: writes) {
        options.append(.thread(thread.number))
      }
      if options.isEmpty {
        if threads.allSatisfy({ $0.status == .finished }) { return nil }
        guard advanceTime() else {
          end(with: "Deadlock: no thread can run.")
          return nil
        }
        continue
      }
      let free = canContinue ? 1 : options.count
      // These may happen at any time.
      for thread in threads where thread.isAsleep { options.append(.spuriousWakeup(thread.number)) }
      if firstDeadline != nil { options.append(.timeout) }
      switch schedule.choose(options, free: free) {
      case .thread(let number):
        let thread = threads[number]
        if thread.isSpinning { thread.status = .ready }
        return thread
      case .spuriousWakeup(let number):
        if isTraced { trace.append("\(threads[number].name) wakes up spuriously") }
        threads[number].status = .ready
      case .timeout:
        _ = expireFirstDeadline()
      }
    }
  }

  // MARK: Time

  /// No thread can run: so the spinning threads have spun for long, or else the first deadline expires.
  private func advanceTime() -> Bool {
    guard threads.contains(where: \.isSpinning) else { return expireFirstDeadline() }
    now += Self.longSpin
    for thread in threads where thread.isSpinning { thread.status = .ready }
    return true
  }

  private var firstDeadline: UInt64? {
    var first: UInt64?
    for thread in threads {
      if let deadline = thread.deadline, deadline < first ?? .max { first = deadline }
    }
    return first
  }

  private func expireFirstDeadline() -> Bool {
    guard let deadline = firstDeadline else { return false }
    if isTraced { trace.append("time passes") }
    now = max(now, deadline)
    noteWrite()
    for thread in threads { if let due = thread.deadline, due <= now { thread.status = .ready } }
    return true
  }

  // MARK: Monitors

  func monitor(at address: UnsafeRawPointer) -> SimulatedMonitor {
    if let monitor = monitors[address] {
      if monitor.isDestroyed { fail("a monitor is used after it was destroyed") }
      return monitor
    }
    let monitor = SimulatedMonitor(on: self)
    monitors[address] = monitor
    return monitor
  }

  /// The memory at this address belongs to a new monitor.
  func removeMonitor(at address: UnsafeRawPointer) {
    monitors[address] = nil
  }
}
