/// The rules, as a barrier at which one thing happens after the other. No two things ever happen at once here: so it is
/// simple enough to be read against the rules, and to be believed.
///
/// It is told what happens to which call, and decides what that call will answer. A barrier that is used by many at once
/// is right if each of its histories is one of this barrier's: see ``History/explanation(parties:hasAction:)``.
struct SequentialBarrier: Hashable {
  private enum Action: Hashable { case toRun, running, over(failure: String?) }

  let parties: Int
  let hasAction: Bool

  private(set) var phase: UInt64 = 0
  private(set) var breakage: History.Breakage?
  /// The calls that have arrived in the open phase, by index; those beyond `parties` are surplus.
  private(set) var arrived: [Int] = []
  /// The tasks that have been cancelled.
  private var cancelled: Set<Int> = []
  /// That of the open phase.
  private var action = Action.toRun
  /// Phases in which all had arrived, and whose action has not begun, with the last call of each: a broken phase's action may
  /// still come.
  private var actionsDue: [UInt64: Int] = [:]
  /// What was decided for calls that have not ended.
  private(set) var answers: [Int: History.Answer] = [:]
  /// Surplus calls whose phase completed: they arrive again.
  private(set) var arriveAgain: [Int] = []

  init(parties: Int, hasAction: Bool) {
    (self.parties, self.hasAction) = (parties, hasAction)
  }

  private var isFilling: Bool { breakage == nil && arrived.count < parties }
  var isCompleting: Bool { breakage == nil && arrived.count >= parties }
  var waitingCount: Int { min(arrived.count, parties) }

  func isCancelled(_ task: Int?) -> Bool { task.map(cancelled.contains) ?? false }

  // MARK: What may happen

  mutating func arrive(_ call: Int, task: Int?) {
    if isCancelled(task) && !isCompleting {
      // Rule 18: it breaks the phase that it comes to.
      if isFilling { breakPhase(.cancelled) }
      answers[call] = .cancelled
    } else if let breakage {
      answers[call] = .broken(breakage, isOrigin: false)
    } else {
      arrived.append(call)
      if arrived.count == parties { actionsDue[phase] = call }
    }
  }

  /// The phase completes; `false` if it is not yet time.
  mutating func complete() -> Bool {
    guard isCompleting, !hasAction || action == .over(failure: nil) else { return false }
    for (index, call) in arrived.prefix(parties).enumerated() {
      answers[call] = .arrived(phase: phase, index: index)
    }
    arriveAgain += arrived.dropFirst(parties)
    openNext()
    return true
  }

  /// The phase breaks because its action has failed; `false` if it has not.
  mutating func failAction() -> Bool {
    guard isCompleting, case .over(let failure?) = action else { return false }
    breakPhase(.actionFailed, cause: failure, origin: arrived[parties - 1])
    return true
  }

  /// A call gives up; `false` if it is too late for that.
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

  /// A task is cancelled, of whose calls `call` may be waiting here.
  mutating func cancel(_ task: Int, waiting call: Int?) {
    cancelled.insert(task)
    if isFilling, let call, arrived.contains(call) { breakPhase(.cancelled) }
  }

  /// `false` if it is not due, or not in this call.
  mutating func beginAction(of phase: UInt64, in call: Int) -> Bool {
    guard actionsDue[phase] == call else { return false }
    actionsDue[phase] = nil
    if phase == self.phase { action = .running }
    return true
  }

  mutating func endAction(of phase: UInt64, failure: String?) {
    if phase == self.phase { action = .over(failure: failure) }
  }

  /// A call took effect and answers this.
  mutating func decide(_ call: Int, _ answer: History.Answer) {
    answers[call] = answer
  }

  /// The call has ended: nothing more is to be known of it.
  mutating func forget(_ call: Int) {
    answers[call] = nil
  }

  mutating func takeArrivingAgain() -> [Int] {
    defer { arriveAgain = [] }
    return arriveAgain
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
    action = .toRun
  }
}
