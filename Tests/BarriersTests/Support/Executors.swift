import Dispatch
import Foundation

/// Runs each job on a thread of its own.
final class ThreadPerJob: TaskExecutor {
  private let jobs = Counter()

  /// Whether no job is queued or running: then each task that prefers this executor is suspended, or over.
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

/// One thread for an actor, or for several.
final class ThreadOfItsOwn: SerialExecutor, Sendable {
  private let queue = DispatchQueue(label: "thread of its own")
  private let (come, gone) = (Counter(), Counter())

  /// How many jobs have come so far.
  var count: Int { come.now }

  var isIdle: Bool { gone.now == come.now }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    come.add()
    queue.async { [self] in
      job.runSynchronously(on: asUnownedSerialExecutor())
      gone.add()
    }
  }
}

/// Runs each job at once, inside whoever resumes the task.
final class Inline: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    job.runSynchronously(on: asUnownedTaskExecutor())
  }
}

/// Keeps its jobs until it is told to run them: so a test decides when a task wakes up. And it counts them.
final class StepByStep: TaskExecutor, @unchecked Sendable {
  private let lock = NSLock()
  private var queue: [UnownedJob] = []  // guarded by `lock`
  private var taken = 0  // guarded by `lock`

  /// How many jobs have come so far.
  var count: Int { lock.withLock { taken + queue.count } }

  /// How many wait to be run.
  var pending: Int { lock.withLock { queue.count } }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    lock.withLock { queue.append(job) }
  }

  /// Runs all jobs, those too that come meanwhile.
  func run() {
    while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
  }

  /// Takes away what waits to be run, to be put back later: so tasks may wake up in any order.
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

/// A pool with a fixed number of threads, which run jobs in the order in which they come.
final class Pool: TaskExecutor, @unchecked Sendable {
  private let condition = NSCondition()
  private var queue: [UnownedJob] = []  // guarded by `condition`, as all below
  private var position = 0
  private var isClosed = false

  /// Runs `body` with a pool. Its tasks must be over when `body` returns.
  static func with<Result>(threads: Int, _ body: (Pool) throws -> Result) rethrows -> Result {
    let pool = Pool()
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
