import Barriers
import CxxPeers
import Foundation

/// A barrier to be measured.
struct Contender: Sendable {
  let name: String
  /// Whether it is somebody else's.
  let isPeer: Bool
  /// More than this it is not asked to manage.
  let maxParties: Int
  /// What a phase of so many parties costs, back to back.
  let measure: @Sendable (_ parties: Int) async throws -> Cost

  static let all: [Contender] =
    [adaptive, parking, async, mixed, standard, condition] + systemBarrier

  static let adaptive = threads("ThreadBarrier.adaptive", isPeer: false) { parties in
    let barrier = ThreadBarrier(parties: parties)
    return { try! barrier.wait() }
  }

  static let parking = threads("ThreadBarrier.parking", isPeer: false) { parties in
    let barrier = ThreadBarrier(parties: parties, strategy: .parking)
    return { try! barrier.wait() }
  }

  static let async = Contender(name: "AsyncBarrier", isPeer: false, maxParties: .max) { parties in
    let barrier = AsyncBarrier(parties: parties)
    return await repeated { phases in await runTasks(parties, phases: phases, at: barrier) }
  }

  /// Half threads, half tasks.
  static let mixed = Contender(name: "both faces", isPeer: false, maxParties: 1024) { parties in
    let barrier = ThreadBarrier(parties: parties)
    return await repeated { phases in await runBoth(parties, phases: phases, at: barrier) }
  }

  static let standard = threads("std::barrier", isPeer: true) { parties in
    let barrier = StandardBarrier(parties: parties)
    return { barrier.wait() }
  }

  /// What one writes by hand.
  static let condition = threads("NSCondition", isPeer: true, maxParties: 256) { parties in
    let barrier = ConditionBarrier(parties: parties)
    return { barrier.wait() }
  }

  #if os(Linux)
  static let systemBarrier = [
    threads("pthread_barrier_t", isPeer: true) { parties in
      let barrier = PthreadBarrier(parties: parties)
      return { barrier.wait() }
    }
  ]
  #else
  static let systemBarrier: [Contender] = []
  #endif

  static let asyncio = Contender(name: "asyncio.Barrier", isPeer: true, maxParties: .max) { parties in
    try runPython("asyncio_barrier", parties: parties, phases: max(5, 20_000 / parties))
  }

  private static func threads(
    _ name: String, isPeer: Bool, maxParties: Int = 4096,
    _ make: @escaping @Sendable (_ parties: Int) -> @Sendable () -> Void
  ) -> Contender {
    Contender(name: name, isPeer: isPeer, maxParties: maxParties) { parties in
      let wait = make(parties)
      return await repeated { phases in runThreads(parties, phases: phases, wait) }
    }
  }
}
