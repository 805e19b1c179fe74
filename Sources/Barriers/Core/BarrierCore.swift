import Synchronization

/// The barrier itself, under both of its faces.
///
/// What decides is ``StateWord`` alone: each phase ends in one exchange of that word, made by the last arrival
/// or by whoever breaks the phase. The rest follows:
/// - Arriving and completing take no lock. The lock is taken to sleep, to wake sleepers, to break and to reset:
///   never while code of others runs, be it the action or what a resumed task does.
/// - Every break and every reset is made while holding the lock, so that whoever holds it sees the word and the
///   ledger agree.
/// - A party whose phase is over looks into the ledger only if ``untold`` is not zero. A break raises it before
///   the exchange that ends the phase, and it cannot fall to zero before every party of that phase has been told.
///   A party of a broken phase acquired that exchange when it saw its phase over: so it cannot see zero.
struct BarrierCore: ~Copyable, Sendable {
  let parties: Int
  let label: String?
  private let action: Action?
  let phases: PhaseNumbers
  /// How many broken phases have parties that must still be told. Changed only while holding the lock.
  private let untold = Atomic(0)
  let slowPath = Monitor(SlowPath())
  /// In the middle of what is hardly ever written, so that it shares its cache line with nobody else's memory; those who
  /// arrive read what is around it.
  let word: StateWord
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
    word = StateWord(BarrierState(opening: firstPhase))
  }

  // MARK: Meeting

  /// What an arrival leads to.
  enum Step {
    /// It was the last: the action has run, and the phase completed.
    case completed(Arrival)
    /// Waits for the phase to be over. If the call is surplus, it arrives again then.
    case waits(Call)
  }

  /// Arrives. The last to do so runs the action, opens the next phase and wakes those who sleep.
  func arrive() throws(BrokenBarrierError) -> Step {
    while true {
      if let step = try step(from: word.arrive()) { return step }
    }
  }

  /// Arrives in the phase that was open in this state, or is refused as then; `nil` if that is over.
  func arrive(having seen: BarrierState) throws(BrokenBarrierError) -> Step? {
    guard let found = word.change({ $0.afterArrival(having: seen) }) else { return nil }
    return try step(from: found)
  }

  /// Goes on from the state that an arrival found; `nil` if it was broken, and has been reset since: then the call arrives
  /// after that.
  private func step(from found: BarrierState) throws(BrokenBarrierError) -> Step? {
    switch found.place(of: parties) {
    case .waiter, .surplus:
      return .waits(call(found))
    case .last:
      let call = call(found)
      try complete(call)
      return .completed(call.arrival(isLast: true))
    case .refused:
      if let error = refusal(in: found.generation) { throw error }
      return nil
    }
  }

  /// The call that found this state when it arrived.
  private func call(_ found: BarrierState) -> Call {
    if found.arrived >= BarrierState.maxCallers { trapOverfull() }
    return Call(index: found.arrived, phase: phases.number(of: found.generation))
  }

  private func complete(_ call: Call) throws(BrokenBarrierError) {
    if let action {
      do {
        try unsafe RunningActions.run(of: slowPath.identity) { try action.run(call.phase) }
      } catch {
        end(Breakage(.actionFailed, error, by: call.index)) { $0.afterBreak(of: call.generation) }
      }
    }
    if let ended = word.change({ $0.afterCompletion(of: call.generation) }) {
      policy.phaseIsOver()
      if ended.hasSleepers { wakeSleepers() }
      policy.phaseCompleted(someoneSlept: ended.hasSleepers)
    } else {
      // Broken, by the action or meanwhile; this call was counted in it, so the ledger knows.
      throw verdict(on: call)!
    }
  }

  /// Whether the call came when all had arrived.
  func isSurplus(_ call: Call) -> Bool { call.index >= parties }

  /// Whether the phase of this call is over, one way or the other.
  func isOver(_ call: Call) -> Bool {
    word.load().generation != call.generation
  }

  /// Called after ``isOver(_:)`` has said so, once: returns if the phase completed.
  func leave(_ call: Call) throws(BrokenBarrierError) {
    // Relaxed: whatever saw the phase over has acquired the exchange that ended it.
    guard untold.load(ordering: .relaxed) > 0 else { return }
    if let error = verdict(on: call) { throw error }
  }

  /// How the phase broke in which this call was counted; `nil` if it completed. To be asked once.
  private func verdict(on call: Call) -> BrokenBarrierError? {
    let error = slowPath.withLock { slow in
      defer { untold.store(slow.ledger.untoldPhases, ordering: .relaxed) }
      return slow.ledger.read(call.phase)
    }
    return error?.seen(by: call.index)
  }

  /// Why the barrier refused this call; `nil` if it has been reset since.
  private func refusal(in generation: UInt64) -> BrokenBarrierError? {
    slowPath.withLock { slow in
      word.change { $0.afterRefusal(in: generation) } == nil ? nil : slow.ledger.breakage
    }
  }

  /// Wakes all whose phase is over, threads and tasks. Called by whoever ended a phase in which somebody sleeps.
  private func wakeSleepers() {
    var tasks = slowPath.wakeAll { $0.tasks.takeOver(open: phase) }
    guard !tasks.isEmpty else { return }
    SleepingTasks.Entry.wake(tasks)
    tasks.removeAll(keepingCapacity: true)
    slowPath.withLock { $0.tasks.recycle(&tasks) }
  }

  // MARK: Breaking

  /// Breaks the open phase, unless the barrier is broken already.
  func abort(_ error: (any Error)?) {
    end(Breakage(.aborted, error)) { $0.afterBreak() }
  }

  /// Breaks the open phase if all but so many have arrived in it.
  func abort(_ error: any Error, ifAllArrivedBut missing: Int) {
    end(Breakage(.aborted, error)) { $0.arrived == parties - missing ? $0.afterBreak() : nil }
  }

  /// Mends a broken barrier, or breaks the phase of those who wait and opens the next.
  func reset() {
    end(Breakage(.reset)) { $0.afterReset() }
  }

  /// Somebody gives up the phase of this generation, by time-out or cancellation. Answers `false` if it was too late: all
  /// have arrived, or the phase is over.
  func giveUp(_ generation: UInt64, _ breakage: Breakage, noting note: () -> Void = {}) -> Bool {
    end(breakage, noting: note) { $0.afterGivingUp(in: generation, parties: parties) }
  }

  /// Ends the open phase by `change`, other than by completing it, and frees all who wait for it; or mends a
  /// broken barrier. Answers whether the rules allowed the change; if so, `note` has been called under the lock.
  @discardableResult
  func end(
    _ breakage: Breakage, noting note: () -> Void = {}, by change: (BarrierState) -> BarrierState?
  ) -> Bool {
    let (ended, mended) = slowPath.withLock { slow -> (BarrierState?, BrokenBarrierError?) in
      untold.store(slow.ledger.untoldPhases + 1, ordering: .relaxed)
      defer { untold.store(slow.ledger.untoldPhases, ordering: .relaxed) }
      guard let old = word.change(change) else { return (nil, nil) }
      note()
      if old.isBroken { return (old, slow.ledger.mend()) }
      let error = BrokenBarrierError(
        breakage, at: identity, phase: phases.number(of: old.generation), arrived: min(old.arrived, parties),
        parties: parties, label: label)
      slow.ledger.record(error, readers: old.arrived, staysBroken: breakage.reason != .reset)
      return (old, nil)
    }
    // Destroyed here and not under the lock, for an error of the user's may do anything when it goes.
    _ = consume mended
    guard let ended else { return false }
    policy.phaseIsOver()
    if ended.hasSleepers { wakeSleepers() }
    return true
  }

  // MARK: Looking

  /// A number that no other barrier has while this one exists.
  var identity: UInt { unsafe UInt(bitPattern: slowPath.identity) }

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
      if let error = slowPath.withLock({ $0.ledger.breakage }) { return error.description }
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
    guard action != nil, unsafe RunningActions.contains(slowPath.identity) else { return }
    fatalError(
      "\(description): its own action called wait(), which could never return. Wait after the phase.")
  }

  private func trapOverfull() -> Never {
    fatalError("\(description): more than \(BarrierState.maxCallers) calls wait at once, too many to count.")
  }
}
