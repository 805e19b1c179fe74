extension History {
  /// Whether a sequential barrier could have given all these answers: whether an order exists in which each
  /// call takes effect at one moment between its beginning and its end.
  ///
  /// (This is linearizability: M. Herlihy and J. Wing, 1990. The search is that of J. Wing and C. Gong, 1993,
  /// for operations that take effect in two steps: the arrival and the release.)
  package func isExplained(parties: Int, hasAction: Bool) -> Bool {
    var search = Search(history: self)
    return search.succeeds(
      from: Position(
        barrier: SequentialBarrier(parties: parties, hasAction: hasAction), event: 0, pending: []))
  }
}

/// How much of a history is explained so far.
private struct Position: Hashable {
  var barrier: SequentialBarrier
  /// The next event of the history.
  var event: Int
  /// The calls that have begun and not yet taken effect, in ascending order.
  var pending: [Int]
}

private struct Search {
  let history: History
  private var failed: Set<Position> = []

  /// Limits the search. A history that can be explained takes a few dozen positions, but the dead ends of
  /// another may be too many to visit.
  private static let maxFailures = 50_000

  init(history: History) {
    self.history = history
  }

  mutating func succeeds(from start: Position) -> Bool {
    var position = start
    guard consumeEvents(from: &position) else { return false }
    if position.event == history.events.count { return true }
    guard failed.count < Self.maxFailures, failed.insert(position).inserted else { return false }
    for next in successors(of: position) where succeeds(from: next) { return true }
    return false
  }

  /// Consumes the events that the barrier's state explains. To consume an event as early as possible excludes
  /// no explanation. Returns `false` if an event contradicts the state.
  private func consumeEvents(from position: inout Position) -> Bool {
    while position.event < history.events.count {
      switch history.events[position.event] {
      case .began(let call):
        position.pending.append(call)
      case .ended(let call):
        guard let answer = position.barrier.answers[call] else { return true }
        guard matches(answer, call, position.barrier) else { return false }
        position.barrier.end(call)
      case .actionBegan(let phase, let call):
        guard position.barrier.beginAction(of: phase, in: call) else { return true }
      case .actionEnded(let phase, let failure):
        position.barrier.endAction(of: phase, failure: failure)
      }
      position.event += 1
    }
    return true
  }

  /// The call of a cancelled task throws `CancellationError` if any cancellation broke its phase.
  private func matches(_ decided: History.Answer, _ call: Int, _ barrier: SequentialBarrier) -> Bool {
    guard let observed = history.calls[call].answer, observed != decided else { return true }
    if case .wait(let task, _) = history.calls[call].operation, observed == .cancelled,
      case .broken(let breakage, _) = decided, breakage.reason == .cancelled
    {
      return barrier.isCancelled(task)
    }
    return false
  }

  /// The positions that may follow.
  private func successors(of position: Position) -> [Position] {
    var all: [Position] = []
    func add(taking call: Int? = nil, _ change: (inout SequentialBarrier) -> Bool) {
      var next = position
      guard change(&next.barrier) else { return }
      if let call { next.pending.removeAll { $0 == call } }
      next.pending += next.barrier.takeRearrivals()
      next.pending.sort()
      if mayBeExplained(next.barrier, after: position.barrier) { all.append(next) }
    }
    func decide(
      _ call: Int, _ effect: (inout SequentialBarrier) -> Void = { _ in },
      answer: (SequentialBarrier) -> History.Answer = { _ in .done }
    ) {
      add(taking: call) { barrier in
        effect(&barrier)
        barrier.decide(call, answer(barrier))
        return true
      }
    }
    add { $0.complete() }
    add { $0.failAction() }
    for call in position.pending {
      switch history.calls[call].operation {
      case .wait(let task, _):
        add(taking: call) { barrier in
          barrier.arrive(call, task: task)
          return true
        }
      case .abort(let cause): decide(call) { $0.abort(cause: cause) }
      case .reset: decide(call) { $0.reset() }
      case .cancel(let task):
        let waiting = position.barrier.arrived.first { isCall($0, of: task) }
        decide(call) { $0.cancel(task, waiting: waiting) }
      case .readPhase: decide(call, answer: { .number($0.phase) })
      case .readWaitingCount: decide(call, answer: { .number(UInt64($0.waitingCount)) })
      case .readIsBroken: decide(call, answer: { .truth($0.breakage != nil) })
      }
    }
    for call in position.barrier.arrived where mayTimeOut(call) {
      add { $0.timeOut(call) }
    }
    return all
  }

  private func isCall(_ call: Int, of task: Int) -> Bool {
    if case .wait(task, _) = history.calls[call].operation { true } else { false }
  }

  private func mayTimeOut(_ call: Int) -> Bool {
    if case .wait(_, mayTimeOut: true) = history.calls[call].operation { true } else { false }
  }

  /// Whether the new decisions fit the observed answers. They seldom do, which keeps the search short.
  private func mayBeExplained(_ barrier: SequentialBarrier, after before: SequentialBarrier) -> Bool {
    if barrier.arrived.count > before.arrived.count, let call = barrier.arrived.last,
      barrier.arrived.count <= barrier.parties,
      case .arrived(let phase, let index) = history.calls[call].answer,
      phase != barrier.phase || index != barrier.arrived.count - 1
    {
      return false
    }
    // The answer of a cancelled task is checked when its call ends.
    return barrier.answers.allSatisfy { call, answer in
      before.answers[call] == answer || history.calls[call].answer == .cancelled
        || history.calls[call].answer == nil
        || history.calls[call].answer == answer
    }
  }
}
