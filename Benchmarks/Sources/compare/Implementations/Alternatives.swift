import Dispatch

/// What a Swift program can use instead of a barrier.
extension Implementation {
  static let alternatives = [actor, concurrentPerform, taskGroup]

  /// Tasks that wait for one another at an actor, which keeps their continuations.
  static let actor = Implementation("actor", .alternative) { run in
    let barrier = ActorBarrier(parties: run.parties)
    await withTaskGroup { group in
      for party in 0..<run.parties {
        group.addTask { await run.runParty(party) { await barrier.wait() } }
      }
    }
  }

  /// A parallel loop per phase: no party outlives its phase.
  static let concurrentPerform = Implementation("concurrentPerform", .alternative, maxParties: 1024) { run in
    run.runPhases { phase in
      DispatchQueue.concurrentPerform(iterations: run.parties) { party in run.work(party, in: phase) }
    }
  }

  /// A task group per phase, with one child task per party.
  static let taskGroup = Implementation("task group", .alternative, maxParties: 1024) { run in
    await run.runPhases { phase in
      await withTaskGroup { group in
        for party in 0..<run.parties { group.addTask { run.work(party, in: phase) } }
      }
    }
  }
}

private actor ActorBarrier {
  private let parties: Int
  private var waiters: [CheckedContinuation<Void, Never>] = []

  init(parties: Int) { self.parties = parties }

  func wait() async {
    guard waiters.count == parties - 1 else {
      return await withCheckedContinuation { waiters.append($0) }
    }
    let released = waiters
    waiters.removeAll(keepingCapacity: true)
    for waiter in released { waiter.resume() }
  }
}
