import Dispatch
import Foundation

/// System threads that run simulated threads, one after the other.
///
/// Only one of them runs at a time, so all are pinned to one processor, where a context switch is cheapest.
final class WorkerPool: @unchecked Sendable {
  private final class Worker: @unchecked Sendable {
    let wakeUp = DispatchSemaphore(value: 0)
    /// Returns the pool to which this worker goes back.
    var job: (@Sendable () -> WorkerPool)?
  }

  private let lock = NSLock()
  private var idle: [Worker] = []  // guarded by `lock`
  /// Includes the workers that are blocked forever: what they hold stays reachable, so it is no leak.
  private var all: [Worker] = []  // guarded by `lock`
  private let processor: Int

  init() {
    processor = Self.nextProcessor()
  }

  /// Idle workers end. Those that run a thread of a failed execution stay blocked forever.
  deinit {
    for worker in idle { worker.wakeUp.signal() }
  }

  func run(_ thread: SimulatedThread, _ body: @escaping @Sendable () -> Void) {
    let worker = lock.withLock { idle.popLast() } ?? startWorker()
    worker.job = { [self] in
      SimulatedThread.current = thread
      body()
      SimulatedThread.current = nil
      return self
    }
    worker.wakeUp.signal()
  }

  private func startWorker() -> Worker {
    let worker = Worker()
    lock.withLock { all.append(worker) }
    Thread.detachNewThread { [processor] in
      pinThread(to: processor)
      while true {
        worker.wakeUp.wait()
        guard let pool = worker.job?() else { return }
        worker.job = nil
        pool.lock.withLock { pool.idle.append(worker) }
      }
    }
    return worker
  }

  private static let counterLock = NSLock()
  nonisolated(unsafe) private static var pools = 0  // guarded by `counterLock`

  private static func nextProcessor() -> Int {
    counterLock.withLock {
      pools += 1
      return pools % ProcessInfo.processInfo.activeProcessorCount
    }
  }
}

/// Pins this thread to one processor, if the process may use that one.
private func pinThread(to processor: Int) {
  #if os(Linux)
  // Swift does not import declarations that need `_GNU_SOURCE`.
  typealias SetAffinity = @convention(c) (pid_t, Int, UnsafeRawPointer) -> Int32
  guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "sched_setaffinity") else { return }
  var set = cpu_set_t()
  withUnsafeMutableBytes(of: &set) { $0[processor / 8] = 1 << UInt8(processor % 8) }
  _ = unsafeBitCast(symbol, to: SetAffinity.self)(0, MemoryLayout<cpu_set_t>.size, &set)
  #endif
}
