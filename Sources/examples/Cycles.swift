import Barriers

/// One barrier, many phases.
///
/// For any loop that the workers run in step. The barrier needs no attention between two phases: the next one
/// opens the moment a phase is over. `wait()` returns the number of the phase and the worker's place in it,
/// so that one of them can do a job for all.
func cyclesExample() throws {
  let workers = 4
  let phases = 1_000
  let barrier = ThreadBarrier(parties: workers, label: "cycle", timeout: .seconds(10))

  let start = ContinuousClock.now
  let threads = startThreads(workers, named: "worker") { worker in
    try barrier.abortOnError {
      var arrivals: [Arrival] = []
      for _ in 0..<phases {
        let arrival = try barrier.wait()
        if arrival.isLast, arrival.phase % 250 == 249 {
          say("  worker \(worker) arrived last in phase \(arrival.phase), and reports for all")
        }
        arrivals.append(arrival)
      }
      return arrivals
    }
  }
  let arrivals = try threads.join()
  let time = ContinuousClock.now - start

  for phase in 0..<phases {
    let together = arrivals.map { $0[phase] }
    try check(together.allSatisfy { $0.phase == phase }, "all were in phase \(phase) together")
    try check(
      together.map(\.index).sorted() == Array(0..<workers), "each had its own place in phase \(phase)")
    try check(together.filter(\.isLast).map(\.index) == [workers - 1], "one was last in phase \(phase)")
  }
  let last = arrivals.map { own in String(own.count(where: \.isLast)) }
  say("  \(phases) phases of \(workers) workers, \((time / phases).microseconds) each.")
  say("  Arrived last, workers 0 to \(workers - 1): \(last.joined(separator: ", ")) times.")
}
