import BarrierModel

/// A barrier on a simulator that records all that its callers observe.
final class RecordedBarrier: @unchecked Sendable {
  let base: ThreadBarrier
  let simulator: Simulator
  private let hasAction: Bool
  // Only the running thread uses these.
  private let recorder = Recorder()
  private let tasks = TaskNumbers()
  private let cancelled = CancelledTasks()

  private final class Recorder: @unchecked Sendable {
    var history = History()
    /// Joins the clocks of all calls that have ended and of all events of actions. A call that begins later
    /// joins it, because "later" means something only between calls that are ordered.
    private var ended = VectorClock()

    func begin(_ operation: History.Operation) -> Int {
      SimulatedThread.running.clock.join(ended)
      return history.begin(operation)
    }

    func end(_ call: Int, _ answer: History.Answer) {
      SimulatedThread.running.simulator.step("returns")
      history.end(call, answer)
      ended.join(SimulatedThread.running.clock)
    }

    func note(_ event: History.Event) {
      history.note(event)
      ended.join(SimulatedThread.running.clock)
    }
  }
  private final class TaskNumbers: @unchecked Sendable { var numbers: [ObjectIdentifier: Int] = [:] }
  private final class CancelledTasks: @unchecked Sendable { var tasks: Set<ObjectIdentifier> = [] }

  /// If `action` returns an error, the barrier's action throws that.
  init(
    _ simulator: Simulator, parties: Int, strategy: WaitStrategy = .parking,
    action: (@Sendable (_ phase: UInt64) -> Fault?)? = nil
  ) {
    self.simulator = simulator
    hasAction = action != nil
    guard let action else {
      base = ThreadBarrier(parties: parties, strategy: strategy)
      return
    }
    base = ThreadBarrier(parties: parties, strategy: strategy) { [recorder] phase in
      let thread = SimulatedThread.running
      recorder.note(.actionBegan(phase: phase, call: thread.call!))
      if thread.locksHeld > 0 { thread.simulator.fail("the action runs while a lock is held (rule 7)") }
      // A yield point, so that other threads may run during the action.
      thread.simulator.step("runs the action of phase \(phase)")
      let failure = action(phase)
      recorder.note(.actionEnded(phase: phase, failure: failure?.name))
      if let failure { throw failure }
    }
  }

  // MARK: Calls

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
      let start = simulator.now
      do throws(BrokenBarrierError) {
        return if let timeout { answer(try base.wait(timeout: timeout)) } else { answer(try base.wait()) }
      } catch {
        return answer(error, after: timeout, since: start)
      }
    }
  }

  /// Waits as the calling task.
  @discardableResult
  func waitAsTask(timeout: Duration? = nil) async -> History.Answer {
    let task = SimulatedThread.running.task.map { number(of: $0) }
    let call = recorder.begin(.wait(task: task, mayTimeOut: timeout != nil))
    SimulatedThread.running.call = call
    let start = simulator.now
    let observed: History.Answer
    do {
      let barrier = AsyncBarrier(sharing: base)
      let arrival =
        if let timeout { try await barrier.wait(timeout: timeout) } else { try await barrier.wait() }
      observed = answer(arrival)
    } catch let error as BrokenBarrierError {
      observed = answer(error, after: timeout, since: start)
    } catch is CancellationError {
      observed = .cancelled
    } catch {
      simulator.fail("wait() threw \(error)")
    }
    recorder.end(call, observed)
    return observed
  }

  func abort(_ cause: String = "abort") {
    call(.abort(cause: cause)) {
      base.abort(Fault(cause))
      return .done
    }
  }

  func reset() {
    call(.reset) {
      base.reset()
      return .done
    }
  }

  /// Cancels a task once. When several threads cancel a task at once, the runtime lets the later ones return
  /// before the cancellation takes effect.
  func cancel(_ task: SimulatedTask) {
    guard cancelled.tasks.insert(ObjectIdentifier(task)).inserted else { return }
    call(.cancel(task: number(of: task))) {
      task.cancel()
      return .done
    }
  }

  func readProperties() {
    call(.readPhase) { .number(base.phase) }
    call(.readWaitingCount) { .number(UInt64(base.waitingCount)) }
    call(.readIsBroken) { .truth(base.isBroken) }
  }

  // MARK: Checks

  var history: History { recorder.history }

  /// Throws unless the rules allow the history and the barrier keeps nothing that it no longer needs.
  ///
  /// All calls must have ended.
  func check() throws {
    let (unreadBreaks, breakage) = base.core.locked.withLock {
      ($0.brokenPhases.unreadBreaks, $0.brokenPhases.currentError)
    }
    guard unreadBreaks == 0 else {
      throw Fault("\(unreadBreaks) broken phases are still unread")
    }
    guard (breakage == nil) == !base.isBroken else {
      throw Fault(
        breakage == nil ? "broken, but there is no current error" : "reset, but the error is still current")
    }
    guard history.isExplained(parties: base.parties, hasAction: hasAction) else {
      throw Fault("The rules do not allow this:\n\(history)")
    }
  }

  @discardableResult
  private func call(_ operation: History.Operation, _ body: () -> History.Answer) -> History.Answer {
    let call = recorder.begin(operation)
    // The calls of an action nest in the call of its thread.
    let outer = SimulatedThread.running.call
    SimulatedThread.running.call = call
    defer { SimulatedThread.running.call = outer }
    let answer = body()
    recorder.end(call, answer)
    return answer
  }

  private func number(of task: SimulatedTask) -> Int {
    let next = tasks.numbers.count
    tasks.numbers[ObjectIdentifier(task), default: next] += 0
    return tasks.numbers[ObjectIdentifier(task)]!
  }

  private func answer(_ arrival: Arrival) -> History.Answer {
    if arrival.isLast != (arrival.index == base.parties - 1) { simulator.fail("\(arrival) (rule 3)") }
    return .arrived(phase: arrival.phase, index: arrival.index)
  }

  private func answer(
    _ error: BrokenBarrierError, after timeout: Duration?, since start: UInt64
  ) -> History.Answer {
    if error.reason == .timedOut, error.isOrigin, let timeout,
      start + UInt64(timeout / .nanoseconds(1)) > simulator.now
    {
      simulator.fail("a call timed out too early (rule 15): \(error)")
    }
    return .broken(.init(error), isOrigin: error.isOrigin)
  }
}

/// The error that tests throw.
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
