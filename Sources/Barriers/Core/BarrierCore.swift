import Synchronization

/// The barrier itself, under both of its faces.
///
/// What decides is ``StateWord`` alone: each phase ends in one exchange of that word, made by the last arrival
/// or by whoever breaks the phase. The rest follows:
/// - Arriving and completing take no lock. The lock is taken to sleep, to wake sleepers, to break and to reset.
/// - Every break and every reset is made while holding the lock, so that whoever holds it sees the word and the
///   ledger agree.
/// - A party whose phase is over looks into the ledger only if ``untold`` is not zero. A break raises it before
///   the exchange that ends the phase, and it cannot fall to zero before every party of that phase has been told.
///   A party of a broken phase acquired that exchange when it saw its phase over: so it cannot see zero.
struct BarrierCore: ~Copyable, Sendable {
  let parties: Int
  let label: String?
  private let action: Action?
  private let policy: WaitPolicy

  private let phases: PhaseNumbers
  /// How many broken phases have parties that must still be told. Changed only while holding the ledger's lock.
  private let untold = Atomic(0)
  private let ledger = Monitor(Ledger())
  private let word: StateWord

  /// The count of arrivals has room for eight million calls at once. This leaves most of it to surplus callers.
  static let maxParties = 1 << 20

  init(
    parties: Int, label: String?, strategy: WaitStrategy, firstPhase: UInt64 = 0,
    action: (@Sendable (_ phase: UInt64) throws -> Void)?
  ) {
    guard (1...Self.maxParties).contains(parties) else {
      fatalError("A barrier cannot have \(parties) parties: give it 1 to \(Self.maxParties).")
    }
    self.parties = parties
    self.label = label
    self.action = action.map(Action.init)
    policy = WaitPolicy(strategy, parties: parties)
    phases = PhaseNumbers(first: firstPhase)
    word = StateWord(BarrierState(opening: firstPhase))
  }

  // MARK: Meeting

  /// Arrives, and blocks the thread until the phase is over.
  func wait(_ patience: Patience) throws(BrokenBarrierError) -> Arrival {
    if action != nil { trapInsideAction() }
    var patience = patience
    while true {
      let found = word.arrive()
      let call = Call(
        index: found.arrived, generation: found.generation, phase: phases.number(of: found.generation))
      switch found.place(of: parties) {
      case .waiter:
        try block(call, until: patience.deadline())
        return Arrival(index: call.index, phase: call.phase, isLast: false)
      case .last:
        try complete(call)
        return Arrival(index: call.index, phase: call.phase, isLast: true)
      case .surplus:
        if call.index >= BarrierState.maxCallers { trapOverfull() }
        // All have arrived, so no time-out changes this phase. But this caller's time runs.
        _ = patience.deadline()
        try block(call, until: nil)
      case .refused:
        // Unless it was reset since: then this call arrives after that.
        if let error = refusal(in: found.generation) { throw error }
      }
    }
  }

  /// One arrival, and the phase in which it was counted.
  private struct Call {
    let index: Int
    let generation: UInt64
    let phase: UInt64
  }

  /// Ends the phase as its last arrival: runs the action, opens the next phase, wakes those who sleep.
  private func complete(_ call: Call) throws(BrokenBarrierError) {
    if let action {
      do {
        try unsafe RunningActions.run(of: ledger.identity) { try action.run(call.phase) }
      } catch {
        end(Breakage(.actionFailed, error, by: call.index)) { $0.afterBreak(of: call.generation) }
      }
    }
    if let ended = word.change({ $0.afterCompletion(of: call.generation) }) {
      if ended.hasSleepers { ledger.wakeAll() }
    } else {
      // Broken, by the action or meanwhile; this call was counted in it, so the ledger knows.
      throw verdict(for: call)!
    }
  }

  /// Blocks until the phase is over; returns if it completed.
  private func block(_ call: Call, until deadline: Deadline?) throws(BrokenBarrierError) {
    if !poll(in: call.generation, until: deadline) && !sleep(in: call.generation, until: deadline) {
      let gaveUp = end(Breakage(.timedOut, after: deadline?.granted, by: call.index)) {
        $0.afterGivingUp(in: call.generation, parties: parties)
      }
      // Too late to give up: all have arrived, or the phase is over already.
      if !gaveUp { _ = sleep(in: call.generation, until: nil) }
    }
    // Relaxed: whatever saw the phase over has acquired the exchange that ended it.
    guard untold.load(ordering: .relaxed) > 0 else { return }
    if let error = verdict(for: call) { throw error }
  }

  /// Polls for as long as that may pay; `true` if the phase is over. Whoever only tries, does not.
  private func poll(in generation: UInt64, until deadline: Deadline?) -> Bool {
    deadline?.granted != .zero && policy.poll { word.load().generation != generation }
  }

  /// Sleeps until the phase is over; `false` when the deadline has come first.
  private func sleep(in generation: UInt64, until deadline: Deadline?) -> Bool {
    ledger.wait(until: deadline) { _ in
      // Asked anew after each waking: a spurious one lets nobody through.
      word.change { $0.afterSleep(in: generation) } == nil ? true : nil
    } ?? false
  }

  /// How the phase broke in which this call was counted; `nil` if it completed. To be asked once.
  private func verdict(for call: Call) -> BrokenBarrierError? {
    let error = ledger.withLock { ledger in
      defer { untold.store(ledger.untoldPhases, ordering: .relaxed) }
      return ledger.read(call.phase)
    }
    return error?.seen(by: call.index)
  }

  /// Why the barrier refused this call; `nil` if it has been reset since.
  private func refusal(in generation: UInt64) -> BrokenBarrierError? {
    ledger.withLock { ledger in
      word.change { $0.afterRefusal(in: generation) } == nil ? nil : ledger.breakage
    }
  }

  // MARK: Breaking

  /// Breaks the open phase, unless the barrier is broken already.
  func abort(_ error: (any Error)?) {
    end(Breakage(.aborted, error)) { $0.afterBreak() }
  }

  /// Mends a broken barrier, or breaks the phase of those who wait and opens the next.
  func reset() {
    end(Breakage(.reset)) { $0.afterReset() }
  }

  /// Ends the open phase by `change`, other than by completing it, and frees all who wait for it; or mends a
  /// broken barrier. Answers whether the rules allowed the change.
  @discardableResult
  private func end(_ breakage: Breakage, by change: (BarrierState) -> BarrierState?) -> Bool {
    let (ended, mended) = ledger.withLock { ledger -> (BarrierState?, BrokenBarrierError?) in
      untold.store(ledger.untoldPhases + 1, ordering: .relaxed)
      defer { untold.store(ledger.untoldPhases, ordering: .relaxed) }
      guard let old = word.change(change) else { return (nil, nil) }
      if old.isBroken { return (old, ledger.mend()) }
      let error = BrokenBarrierError(
        breakage, phase: phases.number(of: old.generation), arrived: min(old.arrived, parties),
        parties: parties, label: label)
      ledger.record(error, readers: old.arrived, staysBroken: breakage.reason != .reset)
      return (old, nil)
    }
    // Destroyed here and not under the lock, for an error of the user's may do anything when it goes.
    _ = consume mended
    if let ended, ended.hasSleepers { ledger.wakeAll() }
    return ended != nil
  }

  // MARK: Looking

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
      if let error = ledger.withLock({ $0.breakage }) { return error.description }
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
  private func trapInsideAction() {
    guard unsafe RunningActions.contains(ledger.identity) else { return }
    fatalError(
      "\(description): its own action called wait(), which could never return. Wait after the phase.")
  }

  private func trapOverfull() -> Never {
    fatalError("\(description): more than \(BarrierState.maxCallers) calls wait at once, too many to count.")
  }
}
