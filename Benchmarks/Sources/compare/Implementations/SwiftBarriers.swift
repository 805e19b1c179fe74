import Barriers
import Dispatch

/// This library's barriers with threads, with work items on queues, with tasks, and with threads and tasks.
extension Implementation {
  static let swiftBarriers = [adaptive, parking, onQueues, tasks, threadsAndTasks]

  static let adaptive = threads("ThreadBarrier", .swiftBarriers) { parties in
    let barrier = ThreadBarrier(parties: parties)
    return { try! barrier.wait() }
  }

  static let parking = threads("ThreadBarrier .parking", .swiftBarriers) { parties in
    let barrier = ThreadBarrier(parties: parties, strategy: .parking)
    return { try! barrier.wait() }
  }

  /// One serial queue per party. Dispatch runs at most 255 of them at a time.
  static let onQueues = Implementation("ThreadBarrier on queues", .swiftBarriers, maxParties: 64) { run in
    let barrier = ThreadBarrier(parties: run.parties)
    let group = DispatchGroup()
    for party in 0..<run.parties {
      DispatchQueue(label: "party \(party)").async(group: group) {
        run.runParty(party) { try! barrier.wait() }
      }
    }
    await withCheckedContinuation { continuation in
      group.notify(queue: .global()) { continuation.resume() }
    }
  }

  static let tasks = Implementation("AsyncBarrier", .swiftBarriers) { run in
    let barrier = AsyncBarrier(parties: run.parties)
    await withTaskGroup { group in
      for party in 0..<run.parties {
        group.addTask { await run.runParty(party) { _ = try! await barrier.wait() } }
      }
    }
  }

  /// Half the parties are threads, half are tasks.
  static let threadsAndTasks = Implementation("threads and tasks", .swiftBarriers, maxParties: 1024) { run in
    let barrier = ThreadBarrier(parties: run.parties)
    let shared = AsyncBarrier(sharing: barrier)
    let half = run.parties / 2
    let threads = Threads.start(half) { party in run.runParty(party) { try! barrier.wait() } }
    await withTaskGroup { group in
      for party in half..<run.parties {
        group.addTask { await run.runParty(party) { _ = try! await shared.wait() } }
      }
    }
    Threads.join(threads)
  }
}
