import BarrierModel
import Foundation
import Testing

@testable import Barriers

/// A barrier that keeps a record of all that its callers see of it.
final class RecordedBarrier: @unchecked Sendable {
  private let lock = NSLock()
  private var history = History()  // guarded by `lock`
  private var barrier: ThreadBarrier!  // set once, in `init`
  private let hasAction: Bool
  private var cancelled: Set<Int> = []  // guarded by `lock`

  /// The call in which this thread or task is.
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

  /// Once: of several who cancel a task at the same time, the runtime lets the later return before it is heard.
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

  /// What was seen, once all calls have ended; `nil` if the rules allow it.
  var contradiction: String? {
    history.isExplained(parties: barrier.parties, hasAction: hasAction) ? nil : history.description
  }

  /// How many there were.
  var calls: Int { history.calls.count }

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
  /// Lets the callers do what they have to; returns when all have left.
  func carriedOut(on pool: Pool) -> RecordedBarrier {
    let barrier = RecordedBarrier(self)
    let start = Gate()
    let tasks = Tasks()
    let taskParties = self.tasks.enumerated().map { number, operations in
      TaskParticipant("task \(number)", on: pool) {
        for operation in operations {
          if case .wait(let limit) = operation {
            await barrier.wait(asTask: number, timeout: limit.duration)
          } else {
            tasks.make(operation, at: barrier)
          }
        }
      }
    }
    tasks.parties = taskParties
    let threads = self.threads.enumerated().map { number, operations in
      ThreadParticipant("thread \(number)") {
        start.pass()
        for operation in operations { tasks.make(operation, at: barrier) }
      }
    }
    start.open()
    for thread in threads { _ = thread.result }
    for task in taskParties { _ = task.result }
    tasks.parties = []
    return barrier
  }

  /// Those who may be cancelled.
  private final class Tasks: @unchecked Sendable {
    private let lock = NSLock()
    private var all: [TaskParticipant<Void>] = []  // guarded by `lock`

    var parties: [TaskParticipant<Void>] {
      get { lock.withLock { all } }
      set { lock.withLock { all = newValue } }
    }

    func make(_ operation: Plan.Operation, at barrier: RecordedBarrier) {
      switch operation {
      case .wait(let limit): barrier.wait(timeout: limit.duration)
      case .abort: barrier.abort()
      case .reset: barrier.reset()
      case .readProperties: barrier.readProperties()
      case .cancel(let number):
        let parties = parties
        if !parties.isEmpty {
          barrier.cancel(parties[number % parties.count], number: number % parties.count)
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
