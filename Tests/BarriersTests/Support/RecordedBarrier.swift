import BarrierModel
import Foundation
import Testing

@testable import Barriers

/// A barrier that records what its callers observe.
final class RecordedBarrier: @unchecked Sendable {
  private let lock = NSLock()
  private var history = History()  // guarded by `lock`
  private var barrier: ThreadBarrier!  // set once, in `init`
  private let hasAction: Bool
  private var cancelled: Set<Int> = []  // guarded by `lock`

  /// The current call of this thread or task.
  @TaskLocal private static var call = -1

  init(_ plan: Plan) {
    hasAction = plan.hasAction
    let action: @Sendable (UInt64) throws -> Void = { [unowned self] phase in
      note(.actionBegan(phase: phase, call: Self.call))
      let failure = phase == plan.failingPhase ? Fault("action of \(phase)") : nil
      note(.actionEnded(phase: phase, failure: failure?.description))
      if let failure { throw failure }
    }
    barrier = ThreadBarrier(
      parties: plan.parties, strategy: plan.isAdaptive ? .adaptive : .parking,
      action: plan.hasAction ? action : nil)
  }

  func wait(timeout: Duration) {
    record(.wait(mayTimeOut: true)) {
      do throws(BrokenBarrierError) { return .init(try barrier.wait(timeout: timeout)) } catch {
        return .init(error)
      }
    }
  }

  func wait(asTask number: Int, timeout: Duration) async {
    let call = begin(.wait(task: number, mayTimeOut: true))
    do {
      let arrival = try await Self.$call.withValue(call) {
        try await AsyncBarrier(sharing: barrier).wait(timeout: timeout)
      }
      end(call, .init(arrival))
    } catch let error as BrokenBarrierError {
      end(call, .init(error))
    } catch is CancellationError {
      end(call, .cancelled)
    } catch {
      fatalError("wait() threw \(error)")
    }
  }

  /// Cancels each task only once: of several concurrent `cancel()` calls, a later one may return before the
  /// cancellation handler has run.
  func cancel(_ task: TaskParticipant<Void>, number: Int) {
    guard lock.withLock({ cancelled.insert(number).inserted }) else { return }
    record(.cancel(task: number)) {
      task.cancel()
      return .done
    }
  }

  func abort() {
    record(.abort(cause: "abort")) {
      barrier.abort(Fault("abort"))
      return .done
    }
  }

  func reset() {
    record(.reset) {
      barrier.reset()
      return .done
    }
  }

  func readProperties() {
    record(.readPhase) { .number(barrier.phase) }
    record(.readWaitingCount) { .number(UInt64(barrier.waitingCount)) }
    record(.readIsBroken) { .truth(barrier.isBroken) }
  }

  /// The history, if the rules do not allow it; otherwise `nil`. To be read after all calls have ended.
  var violation: String? {
    history.isExplained(parties: barrier.parties, hasAction: hasAction) ? nil : history.description
  }

  var callCount: Int { history.calls.count }

  private func record(_ operation: History.Operation, _ body: () -> History.Answer) {
    let call = begin(operation)
    end(call, Self.$call.withValue(call, operation: body))
  }

  private func begin(_ operation: History.Operation) -> Int {
    lock.withLock { history.begin(operation) }
  }

  private func end(_ call: Int, _ answer: History.Answer) {
    lock.withLock { history.end(call, answer) }
  }

  private func note(_ event: History.Event) {
    lock.withLock { history.note(event) }
  }
}

extension History.Answer {
  fileprivate init(_ arrival: Arrival) {
    self = .arrived(phase: arrival.phase, index: arrival.index)
  }

  fileprivate init(_ error: BrokenBarrierError) {
    let reason: History.Breakage.Reason =
      switch error.reason {
      case .aborted: .aborted
      case .timedOut: .timedOut
      case .cancelled: .cancelled
      case .actionFailed: .actionFailed
      case .reset: .reset
      }
    let cause = (error.underlyingError as? Fault)?.description
    self = .broken(
      .init(reason, cause: cause, phase: error.phase, arrived: error.arrived), isOrigin: error.isOrigin)
  }
}

extension Plan {
  /// Executes all operations of the plan; returns when all callers have left.
  func execute(on pool: ThreadPoolExecutor) -> RecordedBarrier {
    let barrier = RecordedBarrier(self)
    let start = Gate()
    let cancellableTasks = CancellableTasks()
    let tasks = self.tasks.enumerated().map { number, operations in
      TaskParticipant("task \(number)", on: pool) {
        for operation in operations {
          if case .wait(let limit) = operation {
            await barrier.wait(asTask: number, timeout: limit.duration)
          } else {
            cancellableTasks.perform(operation, at: barrier)
          }
        }
      }
    }
    cancellableTasks.all = tasks
    let threads = self.threads.enumerated().map { number, operations in
      ThreadParticipant("thread \(number)") {
        start.pass()
        for operation in operations { cancellableTasks.perform(operation, at: barrier) }
      }
    }
    start.open()
    for thread in threads { _ = thread.result }
    for task in tasks { _ = task.result }
    cancellableTasks.all = []
    return barrier
  }

  /// The tasks that operations of this plan may cancel.
  private final class CancellableTasks: @unchecked Sendable {
    private let lock = NSLock()
    private var tasks: [TaskParticipant<Void>] = []  // guarded by `lock`

    var all: [TaskParticipant<Void>] {
      get { lock.withLock { tasks } }
      set { lock.withLock { tasks = newValue } }
    }

    func perform(_ operation: Plan.Operation, at barrier: RecordedBarrier) {
      switch operation {
      case .wait(let limit): barrier.wait(timeout: limit.duration)
      case .abort: barrier.abort()
      case .reset: barrier.reset()
      case .readProperties: barrier.readProperties()
      case .cancel(let number):
        let tasks = all
        if !tasks.isEmpty {
          barrier.cancel(tasks[number % tasks.count], number: number % tasks.count)
        }
      }
    }
  }
}

extension Plan.Limit {
  fileprivate var duration: Duration {
    switch self {
    case .zero: .zero
    case .short: .microseconds(50)
    case .long: .milliseconds(2)
    }
  }
}
