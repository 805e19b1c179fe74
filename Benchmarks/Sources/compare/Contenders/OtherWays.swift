import Dispatch

/// What a Swift programmer would otherwise write.
extension Contender {
  static let otherWays = [actor, perform, group]

  /// Tasks that meet at an actor.
  static let actor = Contender("actor, continuations", .other) { job in
    let barrier = ActorBarrier(parties: job.parties)
    await withTaskGroup { group in
      for party in 0..<job.parties {
        group.addTask { await job.play(party) { await barrier.wait() } }
      }
    }
  }

  /// No parties that meet, but a parallel loop for every phase.
  static let perform = Contender("concurrentPerform a phase", .other, maxParties: 1024) { job in
    job.conduct { phase in
      DispatchQueue.concurrentPerform(iterations: job.parties) { party in job.work(party, in: phase) }
    }
  }

  /// No parties that meet, but a task a party for every phase.
  static let group = Contender("task group a phase", .other, maxParties: 1024) { job in
    await job.conduct { phase in
      await withTaskGroup { group in
        for party in 0..<job.parties { group.addTask { job.work(party, in: phase) } }
      }
    }
  }
}

private actor ActorBarrier {
  private let parties: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(parties: Int) { self.parties = parties }

  func wait() async {
    guard waiting.count == parties - 1 else {
      return await withCheckedContinuation { waiting.append($0) }
    }
    let released = waiting
    waiting.removeAll(keepingCapacity: true)
    for party in released { party.resume() }
  }
}
