import Dispatch
import Foundation

/// A simulator that runs the library's own source code, and decides at every step which thread makes the next one.
///
/// `Production` beside this is a link to the library's sources: they are compiled into this module once more, without a
/// change. What they use from elsewhere is found here first: ``Atomic``, the functions of CBarriers, continuations and
/// cancellation. Each of those is a step: before it, the simulator asks its ``Schedule`` who goes on. So one seed, or one
/// list of choices, is one interleaving, which can be had again.
///
/// Each simulated thread is a thread of the system, but only the one that was told to go on runs: nothing of this needs a
/// lock. What lies between two steps touches no shared memory, or memory that a simulated mutex guards.
///
/// The simulator looks at all times for what no schedule may show: nobody can go on though somebody has not come to the end
/// (a deadlock, or a lost wake-up), no end within ``stepLimit`` steps, a mutex that is misused, memory of a monitor that is
/// gone.
final class Simulator: @unchecked Sendable {
  /// No other simulator has it.
  let number: Int
  let processors: Int
  /// How barriers of more parties than processors begin to wait.
  let firstWay: WaitTuner.Mode
  /// Whether to start a thread may fail.
  let mayRunOutOfThreads: Bool
  /// Which execution of a search this is, for scenarios that are not the same each time.
  let execution: Int
  let schedule: any Schedule
  private(set) var threads: [SimulatedThread] = []
  private(set) var failure: Failure?
  /// In nanoseconds.
  private(set) var clock: UInt64 = 1_000_000_000
  /// How often shared memory was written: whoever polls need not look again before it was.
  private(set) var writes = 0
  private var monitors: [UnsafeRawPointer: SimulatedMonitor] = [:]
  private var steps = 0
  private let isOver = DispatchSemaphore(value: 0)
  private let workers: WorkerPool
  private var trace: [String]?

  /// No execution of those tested here has a tenth of this, unless somebody goes round in circles.
  private static let stepLimit = 20_000

  /// How far the clock is when a thread that polls finds that nobody else can go on: further than anybody polls.
  private static let longPoll: UInt64 = 30_000

  /// The simulator for which a scenario is being made: what is made there asks it how many processors there are.
  @TaskLocal static var inTheMaking: Simulator?

  struct Failure: Error, CustomStringConvertible {
    let what: String
    let threads: [String]
    var description: String { ([what] + threads).joined(separator: "\n  ") }
  }

  struct Configuration: Sendable {
    var processors = 1
    var firstWay = WaitTuner.Mode.parking
    var mayRunOutOfThreads = false
  }

  init(
    _ number: Int, _ machinery: Configuration, _ schedule: any Schedule, on workers: WorkerPool,
    execution: Int, isTraced: Bool
  ) {
    self.number = number
    self.execution = execution
    self.schedule = schedule
    self.workers = workers
    (processors, firstWay) = (machinery.processors, machinery.firstWay)
    mayRunOutOfThreads = machinery.mayRunOutOfThreads
    trace = isTraced ? [] : nil
  }

  /// What was done so far, if that is kept.
  var story: [String] { trace ?? [] }

  // MARK: Running

  /// Adds a thread. It runs when it is told to go on for the first time.
  @discardableResult
  func start(_ name: String, _ body: @escaping @Sendable () -> Void) -> SimulatedThread {
    precondition(threads.count < VectorClock.maxThreads, "too many threads for one execution")
    let thread = SimulatedThread(name, number: threads.count, on: self)
    // What its maker did happens before what it does.
    if let maker = SimulatedThread.current { thread.knows.join(maker.knows) }
    threads.append(thread)
    workers.run(thread) { [self] in
      thread.baton.wait()
      body()
      finish(thread)
    }
    return thread
  }

  /// Runs all threads to their ends; answers what went wrong.
  func run() -> Failure? {
    SimulatedThread.current = nil
    if let first = next(after: nil) {
      first.baton.signal()
      isOver.wait()
    }
    return failure
  }

  private func finish(_ thread: SimulatedThread) {
    thread.status = .finished
    for other in threads where other.status == .blocked(.thread) { other.status = .ready }
    if let next = next(after: thread) {
      next.baton.signal()
    } else {
      isOver.signal()
    }
  }

  /// Something went wrong: nobody goes on. The threads are left standing, for no thread can be ended from outside.
  func fail(_ what: String) -> Never {
    end(with: what)
    while true { SimulatedThread.current?.baton.wait() }
  }

  /// Executions that failed. Their threads stand still for ever, and keep what they have: so that is no leak.
  nonisolated(unsafe) private static var abandoned: [Simulator] = []  // guarded by `abandonedLock`
  private static let abandonedLock = NSLock()

  private func end(with what: String) {
    Self.abandonedLock.withLock { Self.abandoned.append(self) }
    if failure == nil { failure = Failure(what: what, threads: threads.map(\.description)) }
    isOver.signal()
  }

  // MARK: Steps

  /// Called by the running thread before each thing that it does to what others can see.
  func step(_ what: @autoclosure () -> String) {
    let thread = SimulatedThread.running
    steps += 1
    if steps > Self.stepLimit { fail("no end after \(steps) steps") }
    if let next = next(after: thread), next !== thread { hand(over: thread, to: next) }
    thread.knows[thread.number] += 1
    trace?.append("\(thread.name): \(what())")
  }

  /// The running thread cannot go on before its status was changed.
  func block(_ status: SimulatedThread.Status) {
    let thread = SimulatedThread.running
    thread.status = status
    guard let next = next(after: thread) else {
      while true { thread.baton.wait() }
    }
    if next !== thread { hand(over: thread, to: next) }
  }

  /// Somebody who polls, or gives his processor away, has seen all that there is: he goes on when something was written, or
  /// when nobody else can.
  func poll(_ what: String) {
    step(what)
    block(.polling(since: writes))
  }

  func wrote() {
    writes += 1
  }

  func readClock() -> UInt64 {
    clock += 1
    return clock
  }

  private func hand(over thread: SimulatedThread, to next: SimulatedThread) {
    next.baton.signal()
    thread.baton.wait()
  }

  /// Who goes on; `nil` if all have come to the end, or if the execution has failed.
  private func next(after running: SimulatedThread?) -> SimulatedThread? {
    while true {
      var options: [Choice] = []
      if let running, running.canGoOn(writes) { options.append(.thread(running.number)) }
      let goesOn = !options.isEmpty
      for thread in threads where thread !== running && thread.canGoOn(writes) {
        options.append(.thread(thread.number))
      }
      if options.isEmpty {
        if threads.allSatisfy({ $0.status == .finished }) { return nil }
        guard letTimePass() else {
          end(with: "Nobody can go on.")
          return nil
        }
        continue
      }
      let free = goesOn ? 1 : options.count
      // What may happen at any time: a sleeper wakes up for no reason; the first time limit is over.
      for thread in threads where thread.isAsleep { options.append(.wakeUp(thread.number)) }
      if firstDeadline != nil { options.append(.time) }
      switch schedule.choose(options, free: free) {
      case .thread(let number):
        let thread = threads[number]
        if case .polling = thread.status { thread.status = .ready }
        return thread
      case .wakeUp(let number):
        trace?.append("\(threads[number].name) wakes up for no reason")
        threads[number].status = .ready
      case .time:
        _ = passFirstDeadline()
      }
    }
  }

  // MARK: Time

  /// Nobody can go on: so those who poll have polled for long, or else the next time limit comes.
  private func letTimePass() -> Bool {
    let pollers = threads.filter { if case .polling = $0.status { true } else { false } }
    guard !pollers.isEmpty else { return passFirstDeadline() }
    clock += Self.longPoll
    for thread in pollers { thread.status = .ready }
    return true
  }

  private var firstDeadline: UInt64? {
    var first: UInt64?
    for thread in threads {
      if let deadline = thread.deadline, deadline < first ?? .max { first = deadline }
    }
    return first
  }

  private func passFirstDeadline() -> Bool {
    guard let deadline = firstDeadline else { return false }
    trace?.append("time passes")
    clock = max(clock, deadline)
    wrote()
    for thread in threads { if let due = thread.deadline, due <= clock { thread.status = .ready } }
    return true
  }

  // MARK: Monitors

  func monitor(at address: UnsafeRawPointer) -> SimulatedMonitor {
    if let monitor = monitors[address] {
      if monitor.isDestroyed { fail("a monitor is used that was destroyed") }
      return monitor
    }
    let monitor = SimulatedMonitor(on: self)
    monitors[address] = monitor
    return monitor
  }

  /// The memory at this address is a new monitor's.
  func forgetMonitor(at address: UnsafeRawPointer) {
    monitors[address] = nil
  }
}
