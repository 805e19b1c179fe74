import Dispatch
import Foundation

/// Runs each job on a thread of its own.
final class ThreadPerJobExecutor: TaskExecutor {
  private let jobs = Counter()

  /// Whether no job is queued or running: then each task that prefers this executor has suspended or ended.
  var isIdle: Bool { jobs.now == 0 }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.add()
    let thread = TestThread { [self] in
      job.runSynchronously(on: asUnownedTaskExecutor())
      jobs.add(-1)
    }
    pthread_detach(thread.pthread)
  }
}

/// Runs the jobs of one or more actors on one serial queue.
final class SerialThreadExecutor: SerialExecutor, Sendable {
  private let queue = DispatchQueue(label: "serial executor")
  private let (enqueued, finished) = (Counter(), Counter())

  /// How many jobs have been enqueued so far.
  var count: Int { enqueued.now }

  var isIdle: Bool { finished.now == enqueued.now }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    enqueued.add()
    queue.async { [self] in
      job.runSynchronously(on: asUnownedSerialExecutor())
      finished.add()
    }
  }
}

/// Runs each job immediately, inside the call that resumes the task.
final class InlineExecutor: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    job.runSynchronously(on: asUnownedTaskExecutor())
  }
}

/// Keeps its jobs until ``run()``, so that a test decides when a task resumes. Counts the jobs.
final class ManualExecutor: TaskExecutor, @unchecked Sendable {
  private let lock = NSLock()
  private var queue: [UnownedJob] = []  // guarded by `lock`
  private var taken = 0  // guarded by `lock`

  /// How many jobs have been enqueued so far.
  var count: Int { lock.withLock { taken + queue.count } }

  /// How many jobs have not run yet.
  var pending: Int { lock.withLock { queue.count } }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    lock.withLock { queue.append(job) }
  }

  /// Runs all jobs, including jobs that are enqueued meanwhile.
  func run() {
    while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
  }

  /// Removes the pending jobs. A test can put them back in any order, so tasks can resume in any order.
  func takeAll() -> [UnownedJob] {
    lock.withLock {
      defer { queue = [] }
      return queue
    }
  }

  func putBack(_ jobs: [UnownedJob]) {
    lock.withLock { queue += jobs }
  }

  private func next() -> UnownedJob? {
    lock.withLock {
      guard !queue.isEmpty else { return nil }
      taken += 1
      return queue.removeFirst()
    }
  }
}

/// A pool with a fixed number of threads that run jobs in FIFO order.
final class ThreadPoolExecutor: TaskExecutor, @unchecked Sendable {
  private let condition = NSCondition()
  private var queue: [UnownedJob] = []  // guarded by `condition`, like all below
  private var position = 0
  private var isClosed = false

  /// Runs `body` with a pool. The pool's tasks must have ended when `body` returns.
  static func with<Result>(threads: Int, _ body: (ThreadPoolExecutor) throws -> Result) rethrows -> Result {
    let pool = ThreadPoolExecutor()
    let threads = (0..<threads).map { _ in TestThread { pool.work() } }
    defer {
      pool.close()
      for thread in threads { thread.join() }
    }
    return try body(pool)
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    condition.withLock {
      queue.append(job)
      condition.signal()
    }
  }

  private func work() {
    while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
  }

  private func next() -> UnownedJob? {
    condition.withLock {
      while position == queue.count {
        if isClosed { return nil }
        condition.wait()
      }
      let job = queue[position]
      position += 1
      if position == queue.count { (queue, position) = ([], 0) }
      return job
    }
  }

  private func close() {
    condition.withLock {
      isClosed = true
      condition.broadcast()
    }
  }
}
