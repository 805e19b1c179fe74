import Barriers

/// Threads and tasks at one barrier.
///
/// For a program that uses threads in one part, such as a render loop or an audio engine, and tasks in
/// another. `AsyncBarrier(sharing:)` lets tasks be parties of a barrier at which threads wait. The last
/// arrival, of either kind, releases all parties.
func mixedExample() async throws {
  let threads = 2
  let tasks = 3
  let phases = 200
  let barrier = ThreadBarrier(parties: threads + tasks, label: "frame", timeout: .seconds(10))
  let shared = AsyncBarrier(sharing: barrier)

  let started = startThreads(threads, named: "thread") { _ in
    try barrier.abortOnError {
      try (0..<phases).map { _ in try barrier.wait() }
    }
  }
  let taskArrivals = try await withThrowingTaskGroup(of: [Arrival].self) { group in
    for _ in 0..<tasks {
      group.addTask {
        try await shared.abortOnError {
          var arrivals: [Arrival] = []
          for _ in 0..<phases { arrivals.append(try await shared.wait()) }
          return arrivals
        }
      }
    }
    return try await group.reduce(into: []) { $0 += $1 }
  }
  let threadArrivals = try started.join().flatMap(\.self)

  let all = threadArrivals + taskArrivals
  for phase in 0..<UInt64(phases) {
    let indices = all.filter { $0.phase == phase }.map(\.index)
    try check(
      indices.sorted() == Array(0..<barrier.parties), "each party had its own place in phase \(phase)")
  }
  let byThread = threadArrivals.count(where: \.isLast)
  let byTask = taskArrivals.count(where: \.isLast)
  try check(byThread + byTask == phases, "each phase had one last arrival")
  say("  \(threads) threads and \(tasks) tasks completed \(phases) phases.")
  say("  The last arrival was a thread in \(byThread) of them, and a task in \(byTask).")
}
