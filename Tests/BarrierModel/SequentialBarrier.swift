/// The rules as a barrier without concurrency: one operation takes effect after the other. So it is simple
/// enough to be checked against the rules by reading.
///
/// Its methods tell it what happens to which call, and it decides the answer of that call. A concurrent
/// barrier is correct if each of its histories is also one of this barrier: see
/// ``History/isExplained(parties:hasAction:)``.
struct SequentialBarrier: Hashable {
  private enum Action: Hashable { case notBegun, running, ended(failure: String?) }

  let parties: Int
  let hasAction: Bool

  private(set) var phase: UInt64 = 0
  private(set) var breakage: History.Breakage?
  /// The calls that have arrived in the open phase, by index; those beyond `parties` are surplus.
  private(set) var arrived: [Int] = []
  /// The tasks that have been cancelled.
  private var cancelled: Set<Int> = []
  /// The action of the open phase.
  private var action = Action.notBegun
  /// The phases in which all have arrived and the action has not begun, with the last call of each. The
  /// action of a broken phase may still run.
  private var actionsDue: [UInt64: Int] = [:]
  /// The answers of calls that have taken effect and not ended.
  private(set) var answers: [Int: History.Answer] = [:]
  /// Surplus calls: the phase before theirs completed, so they arrive again.
  private var rearrivals: [Int] = []

  init(parties: Int, hasAction: Bool) {
    (self.parties, self.hasAction) = (parties, hasAction)
  }

  private var isFilling: Bool { breakage == nil && arrived.count < parties }
  var isCompleting: Bool { breakage == nil && arrived.count >= parties }
  var waitingCount: Int { min(arrived.count, parties) }

  func isCancelled(_ task: Int?) -> Bool { task.map(cancelled.contains) ?? false }

  // MARK: Operations

  mutating func arrive(_ call: Int, task: Int?) {
    if isCancelled(task) && !isCompleting {
      // Rule 18: a cancelled task breaks the phase at which it arrives.
      if isFilling { breakPhase(.cancelled) }
      answers[call] = .cancelled
    } else if let breakage {
      answers[call] = .broken(breakage, isOrigin: false)
    } else {
      arrived.append(call)
      if arrived.count == parties { actionsDue[phase] = call }
    }
  }

  /// The phase completes; `false` if it cannot yet.
  mutating func complete() -> Bool {
    guard isCompleting, !hasAction || action == .ended(failure: nil) else { return false }
    for (index, call) in arrived.prefix(parties).enumerated() {
      answers[call] = .arrived(phase: phase, index: index)
    }
    rearrivals += arrived.dropFirst(parties)
    openNext()
    return true
  }

  /// The phase breaks because its action has failed; `false` if the action has not.
  mutating func failAction() -> Bool {
    guard isCompleting, case .ended(let failure?) = action else { return false }
    breakPhase(.actionFailed, cause: failure, origin: arrived[parties - 1])
    return true
  }

  /// A call times out; `false` if it is too late for that.
  mutating func timeOut(_ call: Int) -> Bool {
    guard isFilling, arrived.contains(call) else { return false }
    breakPhase(.timedOut, origin: call)
    return true
  }

  mutating func abort(cause: String) {
    if breakage == nil { breakPhase(.aborted, cause: cause) }
  }

  mutating func reset() {
    if breakage == nil && arrived.isEmpty { return }
    if breakage == nil { breakPhase(.reset) }
    breakage = nil
  }

  /// A task is cancelled. `call` is its call at this barrier, if any.
  mutating func cancel(_ task: Int, waiting call: Int?) {
    cancelled.insert(task)
    if isFilling, let call, arrived.contains(call) { breakPhase(.cancelled) }
  }

  /// The action of a phase begins; `false` if it is not due, or not in this call.
  mutating func beginAction(of phase: UInt64, in call: Int) -> Bool {
    guard actionsDue[phase] == call else { return false }
    actionsDue[phase] = nil
    if phase == self.phase { action = .running }
    return true
  }

  mutating func endAction(of phase: UInt64, failure: String?) {
    if phase == self.phase { action = .ended(failure: failure) }
  }

  /// A call took effect, with this answer.
  mutating func decide(_ call: Int, _ answer: History.Answer) {
    answers[call] = answer
  }

  mutating func end(_ call: Int) {
    answers[call] = nil
  }

  mutating func takeRearrivals() -> [Int] {
    defer { rearrivals = [] }
    return rearrivals
  }

  private mutating func breakPhase(
    _ reason: History.Breakage.Reason, cause: String? = nil, origin: Int? = nil
  ) {
    let breakage = History.Breakage(reason, cause: cause, phase: phase, arrived: waitingCount)
    for call in arrived { answers[call] = .broken(breakage, isOrigin: call == origin) }
    openNext()
    self.breakage = breakage
  }

  private mutating func openNext() {
    phase += 1
    arrived = []
    action = .notBegun
  }
}
