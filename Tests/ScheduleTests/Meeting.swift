import BarrierModel

/// A barrier on a simulator, and everything that its callers saw of it.
final class Meeting: @unchecked Sendable {
  let barrier: ThreadBarrier
  let simulator: Simulator
  private let hasAction: Bool
  // Only whoever runs writes into this.
  private let record = Record()
  private let tasks = Names()
  private let cancelled = Cancelled()

  private final class Record: @unchecked Sendable {
    var history = History()
    /// What was known to those whose calls have ended, or actions begun: whoever begins a call after that knows it too. For
    /// only those who know of each other can tell which was the first.
    private var ended = VectorClock()

    func begin(_ operation: History.Operation) -> Int {
      SimulatedThread.running.knows.join(ended)
      return history.begin(operation)
    }

    func end(_ call: Int, _ answer: History.Answer) {
      SimulatedThread.running.simulator.step("returns")
      history.end(call, answer)
      ended.join(SimulatedThread.running.knows)
    }

    func note(_ event: History.Event) {
      history.note(event)
      ended.join(SimulatedThread.running.knows)
    }
  }
  private final class Names: @unchecked Sendable { var numbers: [ObjectIdentifier: Int] = [:] }
  private final class Cancelled: @unchecked Sendable { var tasks: Set<ObjectIdentifier> = [] }

  /// With `action`, the last to arrive runs it; it fails with what that answers.
  init(
    _ simulator: Simulator, parties: Int, strategy: WaitStrategy = .parking,
    action: (@Sendable (_ phase: UInt64) -> Fault?)? = nil
  ) {
    self.simulator = simulator
    hasAction = action != nil
    guard let action else {
      barrier = ThreadBarrier(parties: parties, strategy: strategy)
      return
    }
    barrier = ThreadBarrier(parties: parties, strategy: strategy) { [record] phase in
      let thread = SimulatedThread.running
      record.note(.actionBegan(phase: phase, call: thread.call!))
      if thread.locksHeld > 0 { thread.simulator.fail("the action runs while a lock is held (rule 7)") }
      // Something that others may do meanwhile.
      thread.simulator.step("runs the action of phase \(phase)")
      let failure = action(phase)
      record.note(.actionEnded(phase: phase, failure: failure?.name))
      if let failure { throw failure }
    }
  }

  // MARK: What callers do

  func wait(times: Int, timeout: Duration? = nil) {
    for _ in 0..<times { wait(timeout: timeout) }
  }

  func waitAsTask(times: Int) async {
    for _ in 0..<times { await waitAsTask() }
  }

  /// Waits as a thread.
  @discardableResult
  func wait(timeout: Duration? = nil) -> History.Answer {
    call(.wait(mayTimeOut: timeout != nil)) {
      let start = simulator.clock
      do throws(BrokenBarrierError) {
        return if let timeout { answer(try barrier.wait(timeout: timeout)) } else {
          answer(try barrier.wait())
        }
      } catch {
        return answer(error, after: timeout, since: start)
      }
    }
  }

  /// Waits as the task that asks.
  @discardableResult
  func waitAsTask(timeout: Duration? = nil) async -> History.Answer {
    let task = SimulatedThread.running.task.map { number(of: $0) }
    let call = record.begin(.wait(task: task, mayTimeOut: timeout != nil))
    SimulatedThread.running.call = call
    let start = simulator.clock
    let seen: History.Answer
    do {
      let barrier = AsyncBarrier(sharing: barrier)
      let arrival =
        if let timeout { try await barrier.wait(timeout: timeout) } else { try await barrier.wait() }
      seen = answer(arrival)
    } catch let error as BrokenBarrierError {
      seen = answer(error, after: timeout, since: start)
    } catch is CancellationError {
      seen = .cancelled
    } catch {
      simulator.fail("wait() threw \(error)")
    }
    record.end(call, seen)
    return seen
  }

  func abort(_ cause: String = "abort") {
    call(.abort(cause: cause)) {
      barrier.abort(Fault(cause))
      return .done
    }
  }

  func reset() {
    call(.reset) {
      barrier.reset()
      return .done
    }
  }

  /// Once: of several who cancel a task at the same time, the runtime lets the later return before it is heard.
  func cancel(_ task: SimulatedTask) {
    guard cancelled.tasks.insert(ObjectIdentifier(task)).inserted else { return }
    call(.cancel(task: number(of: task))) {
      task.cancel()
      return .done
    }
  }

  func readProperties() {
    call(.readPhase) { .number(barrier.phase) }
    call(.readWaitingCount) { .number(UInt64(barrier.waitingCount)) }
    call(.readIsBroken) { .truth(barrier.isBroken) }
  }

  // MARK: What they saw

  var history: History { record.history }

  /// Whether the rules allow all that was seen, and nothing is left behind: to be asked when all calls have ended.
  func check() throws {
    let (unreadBreaks, breakage) = barrier.core.locked.withLock {
      ($0.brokenPhases.unreadBreaks, $0.brokenPhases.currentError)
    }
    guard unreadBreaks == 0 else {
      throw Fault("\(unreadBreaks) phases are kept for somebody to be told of them")
    }
    guard (breakage == nil) == !barrier.isBroken else {
      throw Fault(
        breakage == nil
          ? "broken, but the brokenPhases does not know why" : "mended, but not in the brokenPhases")
    }
    let history = record.history
    guard history.isExplained(parties: barrier.parties, hasAction: hasAction) else {
      throw Fault("The rules do not allow this:\n\(history)")
    }
  }

  @discardableResult
  private func call(_ operation: History.Operation, _ body: () -> History.Answer) -> History.Answer {
    let call = record.begin(operation)
    // An action's calls are within that of its thread.
    let outer = SimulatedThread.running.call
    SimulatedThread.running.call = call
    defer { SimulatedThread.running.call = outer }
    let answer = body()
    record.end(call, answer)
    return answer
  }

  private func number(of task: SimulatedTask) -> Int {
    let next = tasks.numbers.count
    tasks.numbers[ObjectIdentifier(task), default: next] += 0
    return tasks.numbers[ObjectIdentifier(task)]!
  }

  private func answer(_ arrival: Arrival) -> History.Answer {
    if arrival.isLast != (arrival.index == barrier.parties - 1) { simulator.fail("\(arrival) (rule 3)") }
    return .arrived(phase: arrival.phase, index: arrival.index)
  }

  private func answer(
    _ error: BrokenBarrierError, after timeout: Duration?, since start: UInt64
  ) -> History.Answer {
    if error.reason == .timedOut, error.isOrigin, let timeout,
      start + UInt64(timeout / .nanoseconds(1)) > simulator.clock
    {
      simulator.fail("a call gave up too early (rule 15): \(error)")
    }
    return .broken(.init(error), isOrigin: error.isOrigin)
  }
}

/// An error of a test's own.
struct Fault: Error, Equatable, CustomStringConvertible {
  let name: String
  init(_ name: String) { self.name = name }
  var description: String { name }
}

extension History.Breakage {
  init(_ error: BrokenBarrierError) {
    let reason: Reason =
      switch error.reason {
      case .aborted: .aborted
      case .timedOut: .timedOut
      case .cancelled: .cancelled
      case .actionFailed: .actionFailed
      case .reset: .reset
      }
    self.init(
      reason, cause: (error.underlyingError as? Fault)?.name, phase: error.phase, arrived: error.arrived)
  }
}
