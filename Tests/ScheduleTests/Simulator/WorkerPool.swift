import Dispatch
import Foundation

/// Threads of the system that run simulated threads, one after the other.
///
/// Only one of them runs at a time: so all stay on one processor, where handing over is cheapest.
final class WorkerPool: @unchecked Sendable {
  private final class Worker: @unchecked Sendable {
    let wakeUp = DispatchSemaphore(value: 0)
    /// Answers with the pool that this worker goes back to.
    var job: (@Sendable () -> WorkerPool)?
  }

  private let lock = NSLock()
  private var idle: [Worker] = []  // guarded by `lock`
  /// Those too that stand still for ever: what they hold can still be reached, and is no leak.
  private var all: [Worker] = []  // guarded by `lock`
  private let processor: Int

  init() {
    processor = Self.nextProcessor()
  }

  /// Those who run a thread of a failed execution stand still for ever; the others end.
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
      stay(on: processor)
      while true {
        worker.wakeUp.wait()
        guard let pool = worker.job?() else { return }
        worker.job = nil
        pool.lock.withLock { pool.idle.append(worker) }
      }
    }
    return worker
  }

  private static let counter = NSLock()
  nonisolated(unsafe) private static var pools = 0  // guarded by `counter`

  private static func nextProcessor() -> Int {
    counter.withLock {
      pools += 1
      return pools % ProcessInfo.processInfo.activeProcessorCount
    }
  }
}

/// Keeps this thread on one processor, if that one may be used.
private func stay(on processor: Int) {
  #if os(Linux)
  // The importer does not see what is GNU's alone.
  typealias SetAffinity = @convention(c) (pid_t, Int, UnsafeRawPointer) -> Int32
  guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "sched_setaffinity") else { return }
  var set = cpu_set_t()
  withUnsafeMutableBytes(of: &set) { $0[processor / 8] = 1 << UInt8(processor % 8) }
  _ = unsafeBitCast(symbol, to: SetAffinity.self)(0, MemoryLayout<cpu_set_t>.size, &set)
  #endif
}
