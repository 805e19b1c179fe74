import CxxPeers
import Foundation

/// Other barriers that block threads.
extension Contender {
  static let blockingPeers = systemBarrier + [standard, textbook, condition]

  #if os(Linux)
  static let systemBarrier = [
    threads("pthread_barrier_t", .peer) { parties in
      let barrier = PthreadBarrier(parties: parties)
      return { barrier.wait() }
    }
  ]
  #else
  static let systemBarrier: [Contender] = []
  #endif

  static let standard = threads("std::barrier", .peer) { parties in
    let barrier = CxxBarrier(
      standard_barrier_create(parties), standard_barrier_wait, standard_barrier_destroy)
    return { barrier.wait() }
  }

  /// Broadcasting wakes everyone into one lock: with many parties it takes too long to be measured here.
  static let textbook = threads("mutex and condition", .peer, maxParties: 256) { parties in
    let barrier = CxxBarrier(
      textbook_barrier_create(parties), textbook_barrier_wait, textbook_barrier_destroy)
    return { barrier.wait() }
  }

  static let condition = threads("NSCondition", .peer, maxParties: 256) { parties in
    let barrier = ConditionBarrier(parties: parties)
    return { barrier.wait() }
  }

  static let spinning = threads("spinning", .limit, maxParties: usableProcessors) { parties in
    let barrier = CxxBarrier(
      spinning_barrier_create(parties), spinning_barrier_wait, spinning_barrier_destroy)
    return { barrier.wait() }
  }
}

/// A barrier of the C++ target.
///
/// `@unchecked Sendable`: the pointer never changes, and any thread may wait.
private final class CxxBarrier: @unchecked Sendable {
  private let barrier: UnsafeMutableRawPointer
  private let waitAt: @convention(c) (UnsafeMutableRawPointer?) -> Void
  private let destroy: @convention(c) (UnsafeMutableRawPointer?) -> Void

  init(
    _ barrier: UnsafeMutableRawPointer, _ wait: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Void,
    _ destroy: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Void
  ) {
    self.barrier = barrier
    self.waitAt = wait
    self.destroy = destroy
  }

  deinit { destroy(barrier) }

  func wait() { waitAt(barrier) }
}

#if os(Linux)
/// The system's own barrier.
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

/// What one writes by hand in Swift: a count and a generation under a lock.
///
/// `@unchecked Sendable`: the condition's lock guards the counts.
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
      let mine = generation
      while generation == mine { condition.wait() }
    }
  }
}
