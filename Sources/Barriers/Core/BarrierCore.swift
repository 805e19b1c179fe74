import Synchronization

/// The barrier itself, under both of its faces.
///
/// What decides is ``AtomicBarrierState`` alone: each phase ends in one exchange of that word, made by the last arrival
/// or by whoever breaks the phase. The rest follows:
/// - Arriving and completing take no lock. The lock is taken to sleep, to wake waiters, to break and to reset:
///   never while code of others runs, be it the action or what a resumed task does.
/// - Every break and every reset is made while holding the lock, so that whoever holds it sees the word and the
///   brokenPhases agree.
/// - A party whose phase is over looks into the brokenPhases only if ``unreadBreaks`` is not zero. A break raises it before
///   the exchange that ends the phase, and it cannot fall to zero before every party of that phase has been told.
///   A party of a broken phase acquired that exchange when it saw its phase over: so it cannot see zero.
struct BarrierCore: ~Copyable, Sendable {
  let parties: Int
  let label: String?
  private let action: Action?
  let phases: PhaseNumbers
  /// How many broken phases have parties that must still be told. Changed only while holding the lock.
  private let unreadBreaks = Atomic(0)
  let locked = Monitor(LockedState())
  /// In the middle of what is hardly ever written, so that it shares its cache line with nobody else's memory; those who
  /// arrive read what is around it.
  let word: AtomicBarrierState
  let policy: WaitPolicy

  /// The count of arrivals has room for eight million calls at once. This leaves most of it to surplus callers.
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

  // MARK: Meeting

  /// What an arrival leads to.
  enum Step {
    /// It was the last: the action has run, and the phase completed.
    case completed(Arrival)
    /// Waits for the phase to be over. If the token is surplus, it arrives again then.
    case waits(ArrivalToken)
  }

  /// Arrives. The last to do so runs the action, opens the next phase and wakes those who sleep.
  func arrive() throws(BrokenBarrierError) -> Step {
    while true {
      if let step = try step(from: word.arrive()) { return step }
    }
  }

  /// Arrives in the phase that was open in this state, or is refused as then; `nil` if that is over.
  func arrive(expected: BarrierState) throws(BrokenBarrierError) -> Step? {
    guard let found = word.update({ $0.afterArrival(expected: expected) }) else { return nil }
    return try step(from: found)
  }

  /// Goes on from the state that an arrival found; `nil` if it was broken, and has been reset since: then the token arrives
  /// after that.
  private func step(from found: BarrierState) throws(BrokenBarrierError) -> Step? {
    switch found.role(parties: parties) {
    case .waiter, .surplus:
      return .waits(token(found))
    case .last:
      let token = token(found)
      try complete(token)
      return .completed(token.arrival(isLast: true))
    case .refused:
      if let error = refusal(in: found.generation) { throw error }
      return nil
    }
  }

  /// The token that found this state when it arrived.
  private func token(_ found: BarrierState) -> ArrivalToken {
    if found.arrived >= BarrierState.maxArrivals { trapOverfull() }
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
      // Broken, by the action or meanwhile; this token was counted in it, so the brokenPhases knows.
      throw takeError(for: token)!
    }
  }

  /// Whether the token came when all had arrived.
  func isSurplus(_ token: ArrivalToken) -> Bool { token.index >= parties }

  /// Whether the phase of this token is over, one way or the other.
  func isOver(_ token: ArrivalToken) -> Bool {
    word.load().generation != token.generation
  }

  /// Called after ``isOver(_:)`` has said so, once: returns if the phase completed.
  func leave(_ token: ArrivalToken) throws(BrokenBarrierError) {
    // Relaxed: whatever saw the phase over has acquired the exchange that ended it.
    guard unreadBreaks.load(ordering: .relaxed) > 0 else { return }
    if let error = takeError(for: token) { throw error }
  }

  /// How the phase broke in which this token was counted; `nil` if it completed. To be asked once.
  private func takeError(for token: ArrivalToken) -> BrokenBarrierError? {
    let error = locked.withLock { slow in
      defer { unreadBreaks.store(slow.brokenPhases.unreadBreaks, ordering: .relaxed) }
      return slow.brokenPhases.takeError(for: token.phase)
    }
    return error?.seen(by: token.index)
  }

  /// Why the barrier refused this token; `nil` if it has been reset since.
  private func refusal(in generation: UInt64) -> BrokenBarrierError? {
    locked.withLock { slow in
      word.update { $0.afterRefusal(in: generation) } == nil ? nil : slow.brokenPhases.currentError
    }
  }

  /// Wakes all whose phase is over, threads and tasks. Called by whoever ended a phase in which somebody sleeps.
  private func wakeWaiters() {
    var tasks = locked.wakeAll { $0.tasks.takeOver(open: phase) }
    guard !tasks.isEmpty else { return }
    TaskWaitQueue.Entry.wake(tasks)
    tasks.removeAll(keepingCapacity: true)
    locked.withLock { $0.tasks.recycle(&tasks) }
  }

  // MARK: Breaking

  /// Breaks the open phase, unless the barrier is broken already.
  func abort(_ error: (any Error)?) {
    endPhase(BreakCause(.aborted, error)) { $0.afterBreak() }
  }

  /// Breaks the open phase if all but so many have arrived in it.
  func abort(_ error: any Error, ifAllArrivedBut missing: Int) {
    endPhase(BreakCause(.aborted, error)) { $0.arrived == parties - missing ? $0.afterBreak() : nil }
  }

  /// Mends a broken barrier, or breaks the phase of those who wait and opens the next.
  func reset() {
    endPhase(BreakCause(.reset)) { $0.afterReset() }
  }

  /// Somebody gives up the phase of this generation, by time-out or cancellation. Answers `false` if it was too late: all
  /// have arrived, or the phase is over.
  func giveUp(_ generation: UInt64, _ breakage: BreakCause, recording note: () -> Void = {}) -> Bool {
    endPhase(breakage, recording: note) { $0.afterGivingUp(in: generation, parties: parties) }
  }

  /// Ends the open phase by `change`, other than by completing it, and frees all who wait for it; or mends a
  /// broken barrier. Answers whether the rules allowed the change; if so, `note` has been called under the lock.
  @discardableResult
  func endPhase(
    _ breakage: BreakCause, recording note: () -> Void = {}, by change: (BarrierState) -> BarrierState?
  ) -> Bool {
    let (ended, cleared) = locked.withLock { slow -> (BarrierState?, BrokenBarrierError?) in
      unreadBreaks.store(slow.brokenPhases.unreadBreaks + 1, ordering: .relaxed)
      defer { unreadBreaks.store(slow.brokenPhases.unreadBreaks, ordering: .relaxed) }
      guard let old = word.update(change) else { return (nil, nil) }
      note()
      if old.isBroken { return (old, slow.brokenPhases.clear()) }
      let error = BrokenBarrierError(
        breakage, at: identity, phase: phases.number(of: old.generation), arrived: min(old.arrived, parties),
        parties: parties, label: label)
      slow.brokenPhases.record(error, readers: old.arrived, staysBroken: breakage.reason != .reset)
      return (old, nil)
    }
    // Destroyed here and not under the lock, for an error of the user's may do anything when it goes.
    _ = consume cleared
    guard let ended else { return false }
    policy.phaseEnded()
    if ended.hasWaiters { wakeWaiters() }
    return true
  }

  // MARK: Looking

  /// A number that no other barrier has while this one exists.
  var identity: UInt { unsafe UInt(bitPattern: locked.identity) }

  var hasAction: Bool { action != nil }

  var phase: UInt64 { phases.number(of: word.load().generation) }

  var isBroken: Bool { word.load().isBroken }

  var waitingCount: Int {
    let state = word.load()
    return state.isBroken ? 0 : min(state.arrived, parties)
  }

  var description: String {
    let name = label.map { "barrier \"\($0)\"" } ?? "barrier"
    while true {
      let state = word.load()
      if !state.isBroken {
        let phase = phases.number(of: state.generation)
        return "\(name): phase \(phase), \(min(state.arrived, parties)) of \(parties) parties waiting"
      }
      if let error = locked.withLock({ $0.brokenPhases.currentError }) { return error.description }
      // Mended between the two looks.
    }
  }

  /// A closure in an optional is wrapped anew, and allocated, whenever it is looked at without optimisation. In a
  /// structure it is not.
  private struct Action {
    let run: @Sendable (_ phase: UInt64) throws -> Void
  }

  // MARK: Misuse

  /// An action that waits at its own barrier waits for itself.
  func trapInsideAction() {
    guard action != nil, unsafe RunningActions.contains(locked.identity) else { return }
    fatalError(
      "\(description): its own action called wait(), which could never return. Wait after the phase.")
  }

  private func trapOverfull() -> Never {
    fatalError("\(description): more than \(BarrierState.maxArrivals) calls wait at once, too many to count.")
  }
}
