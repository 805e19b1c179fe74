import CxxPeers
import Foundation

/// Other barriers that block threads, and the spinning barrier that bounds them from below.
extension Implementation {
  static let blockingPeers = systemBarrier + [stdBarrier, conditionVariable, nsCondition]

  #if os(Linux)
  static let systemBarrier = [
    threads("pthread_barrier_t", .peer) { parties in
      let barrier = PthreadBarrier(parties: parties)
      return { barrier.wait() }
    }
  ]
  #else
  static let systemBarrier: [Implementation] = []
  #endif

  static let stdBarrier = threads("std::barrier", .peer) { parties in
    let barrier = CxxBarrier(std_barrier_create(parties), std_barrier_wait, std_barrier_destroy)
    return { barrier.wait() }
  }

  /// A broadcast sends all waiters to one mutex: with more parties a run takes too long.
  static let conditionVariable = threads("pthread_cond_t", .peer, maxParties: 256) { parties in
    let barrier = CxxBarrier(cond_barrier_create(parties), cond_barrier_wait, cond_barrier_destroy)
    return { barrier.wait() }
  }

  static let nsCondition = threads("NSCondition", .peer, maxParties: 256) { parties in
    let barrier = ConditionBarrier(parties: parties)
    return { barrier.wait() }
  }

  static let spinning = threads("spinning", .limit, maxParties: usableProcessors) { parties in
    let barrier = CxxBarrier(
      spinning_barrier_create(parties), spinning_barrier_wait, spinning_barrier_destroy)
    return { barrier.wait() }
  }
}

/// A barrier of the target `CxxPeers`.
///
/// `@unchecked Sendable`: the pointer never changes, and any thread may wait.
private final class CxxBarrier: @unchecked Sendable {
  private let barrier: UnsafeMutableRawPointer
  private let waitFunction: @convention(c) (UnsafeMutableRawPointer?) -> Void
  private let destroy: @convention(c) (UnsafeMutableRawPointer?) -> Void

  init(
    _ barrier: UnsafeMutableRawPointer, _ wait: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Void,
    _ destroy: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Void
  ) {
    self.barrier = barrier
    waitFunction = wait
    self.destroy = destroy
  }

  deinit { destroy(barrier) }

  func wait() { waitFunction(barrier) }
}

#if os(Linux)
/// The barrier of POSIX threads.
///
/// `@unchecked Sendable`: the pointer never changes, and any thread may wait.
private final class PthreadBarrier: @unchecked Sendable {
  private let barrier = UnsafeMutablePointer<pthread_barrier_t>.allocate(capacity: 1)

  init(parties: Int) {
    precondition(pthread_barrier_init(barrier, nil, UInt32(parties)) == 0)
  }

  deinit {
    pthread_barrier_destroy(barrier)
    barrier.deallocate()
  }

  func wait() { pthread_barrier_wait(barrier) }
}
#endif

/// The textbook barrier in Swift: a count and a generation, guarded by a condition's lock.
///
/// `@unchecked Sendable`: the condition's lock guards the variables.
private final class ConditionBarrier: @unchecked Sendable {
  private let condition = NSCondition()
  private let parties: Int
  private var arrived = 0
  private var generation = 0

  init(parties: Int) { self.parties = parties }

  func wait() {
    condition.lock()
    defer { condition.unlock() }
    arrived += 1
    if arrived == parties {
      arrived = 0
      generation += 1
      condition.broadcast()
    } else {
      let current = generation
      while generation == current { condition.wait() }
    }
  }
}
