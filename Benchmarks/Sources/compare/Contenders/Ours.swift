import Barriers
import Dispatch

/// This library's barriers: for threads, for work items on queues, for tasks, and for threads and tasks together.
extension Contender {
  static let ours = [adaptive, parking, onQueues, tasks, bothFaces]

  static let adaptive = threads("ThreadBarrier", .ours) { parties in
    let barrier = ThreadBarrier(parties: parties)
    return { try! barrier.wait() }
  }

  static let parking = threads("ThreadBarrier .parking", .ours) { parties in
    let barrier = ThreadBarrier(parties: parties, strategy: .parking)
    return { try! barrier.wait() }
  }

  /// A serial queue a party. Dispatch runs 255 of them at a time, at the most.
  static let onQueues = Contender("ThreadBarrier on queues", .ours, maxParties: 64) { job in
    let barrier = ThreadBarrier(parties: job.parties)
    let group = DispatchGroup()
    for party in 0..<job.parties {
      DispatchQueue(label: "party \(party)").async(group: group) {
        job.play(party) { try! barrier.wait() }
      }
    }
    await withCheckedContinuation { continuation in
      group.notify(queue: .global()) { continuation.resume() }
    }
  }

  static let tasks = Contender("AsyncBarrier", .ours) { job in
    let barrier = AsyncBarrier(parties: job.parties)
    await withTaskGroup { group in
      for party in 0..<job.parties {
        group.addTask { await job.play(party) { _ = try! await barrier.wait() } }
      }
    }
  }

  /// Half threads, half tasks.
  static let bothFaces = Contender("threads and tasks", .ours, maxParties: 1024) { job in
    let barrier = ThreadBarrier(parties: job.parties)
    let shared = AsyncBarrier(sharing: barrier)
    let half = job.parties / 2
    let threads = Threads.start(half) { party in job.play(party) { try! barrier.wait() } }
    await withTaskGroup { group in
      for party in half..<job.parties {
        group.addTask { await job.play(party) { _ = try! await shared.wait() } }
      }
    }
    Threads.join(threads)
  }
}
