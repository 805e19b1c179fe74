extension History {
  /// Whether a barrier that does one thing after the other could have given all these answers: an order is looked for in
  /// which each call takes effect at some moment between its beginning and its end. (This is linearizability: M. Herlihy
  /// and J. Wing, 1990; the search is that of J. Wing and C. Gong, 1993, for operations that take effect in two steps:
  /// arriving, and being released.)
  package func isExplained(parties: Int, hasAction: Bool) -> Bool {
    var search = Search(history: self)
    return search.finds(
      Position(
        barrier: SequentialBarrier(parties: parties, hasAction: hasAction), event: 0, pending: []))
  }
}

/// How far an explanation has come.
private struct Position: Hashable {
  var barrier: SequentialBarrier
  /// The next event of the history.
  var event: Int
  /// Calls that have begun and not yet taken effect, in the order of their numbers.
  var pending: [Int]
}

private struct Search {
  let history: History
  private var failed: Set<Position> = []

  /// What is explained at all takes a few dozen positions. There may be more of those that lead nowhere than one would wait
  /// for.
  private static let patience = 50_000

  init(history: History) {
    self.history = history
  }

  mutating func finds(_ start: Position) -> Bool {
    var position = start
    guard follow(&position) else { return false }
    if position.event == history.events.count { return true }
    guard failed.count < Self.patience, failed.insert(position).inserted else { return false }
    for next in successors(of: position) where finds(next) { return true }
    return false
  }

  /// Goes through the events as far as they are explained. To take one as soon as possible excludes nothing. Answers
  /// `false` if one contradicts what has happened.
  private func follow(_ position: inout Position) -> Bool {
    while position.event < history.events.count {
      switch history.events[position.event] {
      case .began(let call):
        position.pending.append(call)
      case .ended(let call):
        guard let answer = position.barrier.answers[call] else { return true }
        guard matches(answer, call, position.barrier) else { return false }
        position.barrier.forget(call)
      case .actionBegan(let phase, let call):
        guard position.barrier.beginAction(of: phase, in: call) else { return true }
      case .actionEnded(let phase, let failure):
        position.barrier.endAction(of: phase, failure: failure)
      }
      position.event += 1
    }
    return true
  }

  /// A cancelled task says so if its phase was broken by a cancellation, its own or another's.
  private func matches(_ decided: History.Answer, _ call: Int, _ barrier: SequentialBarrier) -> Bool {
    guard let seen = history.calls[call].answer, seen != decided else { return true }
    if case .wait(let task, _) = history.calls[call].operation, seen == .cancelled,
      case .broken(let breakage, _) = decided, breakage.reason == .cancelled
    {
      return barrier.isCancelled(task)
    }
    return false
  }

  /// All that may happen next.
  private func successors(of position: Position) -> [Position] {
    var all: [Position] = []
    func add(_ change: (inout SequentialBarrier) -> Bool, taking call: Int? = nil) {
      var next = position
      guard change(&next.barrier) else { return }
      if let call { next.pending.removeAll { $0 == call } }
      next.pending += next.barrier.takeArrivingAgain()
      next.pending.sort()
      if isPossible(next.barrier, since: position.barrier) { all.append(next) }
    }
    add { $0.complete() }
    add { $0.failAction() }
    for call in position.pending {
      switch history.calls[call].operation {
      case .wait(let task, _):
        add(
          {
            $0.arrive(call, task: task); return true
          }, taking: call)
      case .abort(let cause):
        add(
          {
            $0.abort(cause: cause); $0.decide(call, .done); return true
          }, taking: call)
      case .reset:
        add(
          {
            $0.reset(); $0.decide(call, .done); return true
          }, taking: call)
      case .cancel(let task):
        let waiting = position.barrier.arrived.first { isOf(task, $0) }
        add(
          {
            $0.cancel(task, waiting: waiting); $0.decide(call, .done); return true
          }, taking: call)
      case .readPhase:
        add(
          {
            $0.decide(call, .number($0.phase)); return true
          }, taking: call)
      case .readWaitingCount:
        add(
          {
            $0.decide(call, .number(UInt64($0.waitingCount))); return true
          }, taking: call)
      case .readIsBroken:
        add(
          {
            $0.decide(call, .truth($0.breakage != nil)); return true
          }, taking: call)
      }
    }
    for call in position.barrier.arrived where mayTimeOut(call) {
      add { $0.timeOut(call) }
    }
    return all
  }

  private func isOf(_ task: Int, _ call: Int) -> Bool {
    if case .wait(task, _) = history.calls[call].operation { true } else { false }
  }

  private func mayTimeOut(_ call: Int) -> Bool {
    if case .wait(_, mayTimeOut: true) = history.calls[call].operation { true } else { false }
  }

  /// Whether what was newly decided fits what was seen: seldom, so that the search is short.
  private func isPossible(_ barrier: SequentialBarrier, since before: SequentialBarrier) -> Bool {
    if barrier.arrived.count > before.arrived.count, let call = barrier.arrived.last,
      barrier.arrived.count <= barrier.parties,
      case .arrived(let phase, let index) = history.calls[call].answer,
      phase != barrier.phase || index != barrier.arrived.count - 1
    {
      return false
    }
    // A cancelled task's answer may still change: that is seen when the call ends.
    return barrier.answers.allSatisfy { call, answer in
      before.answers[call] == answer || history.calls[call].answer == .cancelled
        || history.calls[call].answer == nil
        || history.calls[call].answer == answer
    }
  }
}
