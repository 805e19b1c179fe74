internal import CBarriers
import Synchronization

/// The barrier under both faces.
///
/// ``AtomicBarrierState`` alone decides: each phase ends in one exchange of that word, made by the last
/// arrival or by the thread that breaks the phase. The rest follows:
/// - Arriving and completing take no lock. Sleeping, waking, breaking and resetting do, and no user code runs
///   under the lock: neither the action, nor a resumed task, nor a `deinit`.
/// - Every break and every reset holds the lock, so the holder of the lock sees the word and the broken
///   phases agree.
/// - A party whose phase is over consults the broken phases only if ``unreadBreaks`` is not zero. A break
///   raises it before the exchange that ends the phase, and it cannot drop to zero before every party of that
///   phase has taken its error. For a party of a broken phase, that exchange happened before: it saw its
///   phase over, or was resumed by a thread that did. So it cannot read zero.
struct BarrierCore: ~Copyable, Sendable {
  let parties: Int
  let label: String?
  /// A number that no other barrier of this process has or will have. An address would be used again.
  let identity = cbarriers_unique_number()
  private let action: Action?
  let phases: PhaseNumbers
  /// How many broken phases have parties that have not taken their error. Changed only while holding the
  /// lock.
  private let unreadBreaks = Atomic(0)
  let locked = Monitor(LockedState())
  /// Stands between fields that are rarely written, so that it shares its cache line with no other object.
  /// Arriving parties read the fields around it.
  let word: AtomicBarrierState
  let policy: WaitPolicy

  /// The count has room for eight million calls at once. This leaves most of it to surplus callers.
  static let maxParties = 1 << 20

  init(
    parties: Int, label: String?, strategy: WaitStrategy, firstPhase: UInt64 = 0,
    processors: Int = WaitPolicy.usableProcessors,
    action: (@Sendable (_ phase: UInt64) throws -> Void)?
  ) {
    guard (1...Self.maxParties).contains(parties) else {
      fatalError("A barrier cannot have \(parties) parties: give it 1 to \(Self.maxParties).")
    }
    self.parties = parties
    self.label = label
    self.action = action.map(Action.init)
    policy = WaitPolicy(strategy, parties: parties, processors: processors)
    phases = PhaseNumbers(first: firstPhase)
    word = AtomicBarrierState(BarrierState(opening: firstPhase))
  }

  // MARK: Arriving

  /// Arrives. The last arrival runs the action, opens the next phase and wakes the waiters.
  func arrive() throws(BrokenBarrierError) -> ArrivalOutcome {
    try outcome(of: word.arrive())
  }

  /// Arrives in the phase that was open in the state `expected`, or is refused as it was there.
  func arrive(expected: BarrierState) throws(BrokenBarrierError) -> ArrivalOutcome {
    guard let found = word.update({ $0.afterArrival(expected: expected) }) else { return .notCounted }
    return try outcome(of: found)
  }

  /// What follows for the call whose arrival found this state.
  private func outcome(of found: BarrierState) throws(BrokenBarrierError) -> ArrivalOutcome {
    switch found.role(parties: parties) {
    case .waiter, .surplus:
      return .waiting(token(found))
    case .last:
      let token = token(found)
      try complete(token)
      return .completed(token)
    case .refused:
      if let error = refusalError(in: found.generation) { throw error }
      return .notCounted
    }
  }

  private func token(_ found: BarrierState) -> ArrivalToken {
    if found.arrived >= BarrierState.maxArrivals { trapTooManyCalls() }
    return ArrivalToken(index: found.arrived, phase: phases.number(of: found.generation))
  }

  private func complete(_ token: ArrivalToken) throws(BrokenBarrierError) {
    if let action {
      do {
        try unsafe RunningActions.run(of: locked.identity) { try action.run(token.phase) }
      } catch {
        endPhase(BreakCause(.actionFailed, error, by: token.index)) { $0.afterBreak(of: token.generation) }
      }
    }
    if let ended = word.update({ $0.afterCompletion(of: token.generation) }) {
      policy.phaseEnded()
      if ended.hasWaiters { wakeWaiters() }
      policy.phaseCompleted(anySlept: ended.hasWaiters)
    } else {
      // Broken by the action, or while it ran. This call was counted, so the broken phases have its error.
      throw takeError(for: token)!
    }
  }

  /// Whether the call arrived after the last party.
  func isSurplus(_ token: ArrivalToken) -> Bool { token.index >= parties }

  /// Whether the token's phase is over, completed or broken.
  func isOver(_ token: ArrivalToken) -> Bool {
    word.load().generation != token.generation
  }

  /// Returns if the token's phase completed. Called once, when the phase is over.
  func leave(_ token: ArrivalToken) throws(BrokenBarrierError) {
    // Relaxed: this party saw its phase over, or was resumed by a thread that did. Either way, the exchange
    // that ended it happened before.
    guard unreadBreaks.load(ordering: .relaxed) > 0 else { return }
    if let error = takeError(for: token) { throw error }
  }

  /// How the token's phase broke; `nil` if it completed. Called once for each token.
  private func takeError(for token: ArrivalToken) -> BrokenBarrierError? {
    let error = locked.withLock { locked in
      defer { unreadBreaks.store(locked.brokenPhases.unreadBreaks, ordering: .relaxed) }
      return locked.brokenPhases.takeError(for: token.phase)
    }
    return error?.seen(by: token.index)
  }

  /// Why the barrier refused a call; `nil` if it has been reset since.
  private func refusalError(in generation: UInt64) -> BrokenBarrierError? {
    locked.withLock { locked in
      word.update { $0.afterRefusal(in: generation) } == nil ? nil : locked.brokenPhases.currentError
    }
  }

  /// Wakes the threads and resumes the tasks whose phase is over. Called by the thread that ended a phase
  /// with waiters.
  private func wakeWaiters() {
    var tasks = locked.wakeAll { $0.tasks.takeFinished(open: phase) }
    guard !tasks.isEmpty else { return }
    TaskWaitQueue.Entry.resume(tasks)
    tasks.removeAll(keepingCapacity: true)
    locked.withLock { $0.tasks.recycle(&tasks) }
  }

  // MARK: Breaking

  /// Breaks the open phase. Does nothing if the barrier is already broken.
  func abort(_ error: (any Error)?) {
    endPhase(BreakCause(.aborted, error)) { $0.afterBreak() }
  }

  /// Breaks the open phase if all but `missing` parties have arrived in it.
  func abort(_ error: any Error, ifAllArrivedBut missing: Int) {
    endPhase(BreakCause(.aborted, error)) { $0.arrived == parties - missing ? $0.afterBreak() : nil }
  }

  /// Makes a broken barrier fresh. If parties wait, breaks their phase and opens the next.
  func reset() {
    endPhase(BreakCause(.reset)) { $0.afterReset() }
  }

  /// A party gives up the phase of this generation, by timeout or cancellation. Returns `false` if it is too
  /// late: all have arrived, or the phase is over.
  func giveUp(_ generation: UInt64, _ cause: BreakCause, recording record: () -> Void = {}) -> Bool {
    endPhase(cause, recording: record) { $0.afterGivingUp(in: generation, parties: parties) }
  }

  /// Ends the open phase by `transition`, other than by completing it, and frees all parties that wait for
  /// it; or makes a broken barrier fresh. Returns whether the rules allowed the transition. If they did,
  /// `record` has been called under the lock.
  @discardableResult
  func endPhase(
    _ cause: BreakCause, recording record: () -> Void = {},
    applying transition: (BarrierState) -> BarrierState?
  ) -> Bool {
    let (ended, cleared) = locked.withLock { locked -> (BarrierState?, BrokenBarrierError?) in
      unreadBreaks.store(locked.brokenPhases.unreadBreaks + 1, ordering: .relaxed)
      defer { unreadBreaks.store(locked.brokenPhases.unreadBreaks, ordering: .relaxed) }
      guard let old = word.update(transition) else { return (nil, nil) }
      record()
      if old.isBroken { return (old, locked.brokenPhases.clear()) }
      let (phase, arrived) = (phases.number(of: old.generation), min(old.arrived, parties))
      let missing = locked.missingMembers(open: phase, arrived: arrived, parties: parties)
      let error = BrokenBarrierError(
        cause, at: identity, phase: phase, arrived: arrived, parties: parties, label: label, missing: missing)
      locked.brokenPhases.record(error, readers: old.arrived, staysBroken: cause.reason != .reset)
      return (old, nil)
    }
    // Destroyed here, not under the lock: the `deinit` of a user's error may run any code.
    _ = consume cleared
    guard let ended else { return false }
    policy.phaseEnded()
    if ended.hasWaiters { wakeWaiters() }
    return true
  }

  // MARK: Properties

  var hasAction: Bool { action != nil }

  var phase: UInt64 { phases.number(of: word.load().generation) }

  var isBroken: Bool { word.load().isBroken }

  var waitingCount: Int {
    let state = word.load()
    return state.isBroken ? 0 : min(state.arrived, parties)
  }

  var description: String {
    let name = label.map { "barrier \($0.quoted)" } ?? "barrier"
    while true {
      let state = word.load()
      if !state.isBroken {
        let phase = phases.number(of: state.generation)
        return "\(name): phase \(phase), \(min(state.arrived, parties)) of \(parties) parties waiting"
      }
      if let error = locked.withLock({ $0.brokenPhases.currentError }) { return error.description }
      // Reset between the two reads.
    }
  }

  /// A structure, because a closure in an optional is wrapped, and allocated, at each use in unoptimized
  /// code.
  private struct Action {
    let run: @Sendable (_ phase: UInt64) throws -> Void
  }

  // MARK: Misuse

  /// An action that waits at its own barrier would wait for itself.
  func trapInsideAction() {
    guard action != nil, unsafe RunningActions.contains(locked.identity) else { return }
    fatalError(
      "\(description): its own action called wait(), which could never return. Wait after the phase.")
  }

  private func trapTooManyCalls() -> Never {
    fatalError("\(description): more than \(BarrierState.maxArrivals) calls wait at once, too many to count.")
  }
}
