/// What the callers of one barrier observed: in which order the calls began and ended, and their results.
///
/// Two calls are concurrent if neither ended before the other began: either may take effect first.
package struct History: Sendable, Hashable {
  /// What a call asks of the barrier.
  package enum Operation: Hashable, Sendable {
    /// A thread waits if `task` is `nil`. A call that `mayTimeOut` may do so at any moment: the model does
    /// not check that the time is right.
    case wait(task: Int? = nil, mayTimeOut: Bool = false)
    case abort(cause: String)
    case reset
    case cancel(task: Int)
    case readPhase
    case readWaitingCount
    case readIsBroken
  }

  /// What a call answered.
  package enum Answer: Hashable, Sendable {
    /// The phase completed; `index` is this call's arrival index in it.
    case arrived(phase: UInt64, index: Int)
    case broken(Breakage, isOrigin: Bool)
    /// A `CancellationError`.
    case cancelled
    /// The answer of an operation without a result.
    case done
    case number(UInt64)
    case truth(Bool)
  }

  /// How a phase broke.
  package struct Breakage: Hashable, Sendable {
    package enum Reason: Hashable, Sendable { case aborted, timedOut, cancelled, actionFailed, reset }

    package let reason: Reason
    /// The error that `abort` was given, or that the action threw.
    package let cause: String?
    package let phase: UInt64
    package let arrived: Int

    package init(_ reason: Reason, cause: String? = nil, phase: UInt64, arrived: Int) {
      (self.reason, self.cause, self.phase, self.arrived) = (reason, cause, phase, arrived)
    }
  }

  package enum Event: Hashable, Sendable {
    case began(call: Int)
    case ended(call: Int)
    /// The action began within this call.
    case actionBegan(phase: UInt64, call: Int)
    /// The action ended; `failure` is the error that it threw.
    case actionEnded(phase: UInt64, failure: String?)
  }

  package struct Call: Hashable, Sendable {
    package let operation: Operation
    /// `nil` until it has ended.
    package fileprivate(set) var answer: Answer?
  }

  package private(set) var calls: [Call] = []
  package private(set) var events: [Event] = []

  package init() {}

  package mutating func begin(_ operation: Operation) -> Int {
    calls.append(Call(operation: operation))
    events.append(.began(call: calls.count - 1))
    return calls.count - 1
  }

  package mutating func end(_ call: Int, _ answer: Answer) {
    calls[call].answer = answer
    events.append(.ended(call: call))
  }

  package mutating func note(_ event: Event) {
    events.append(event)
  }
}

extension History: CustomStringConvertible {
  package var description: String {
    events.map { event in
      switch event {
      case .began(let call): "call \(call) begins: \(calls[call].operation)"
      case .ended(let call): "call \(call) ends: \(calls[call].answer!)"
      case .actionBegan(let phase, let call): "action of phase \(phase) begins in call \(call)"
      case .actionEnded(let phase, let failure): "action of phase \(phase) ends: \(failure ?? "well")"
      }
    }.joined(separator: "\n")
  }
}
