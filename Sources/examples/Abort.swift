import Barriers

/// A worker fails, and the others do not wait for it.
///
/// For any worker that can fail between two phases. `abortOnError` is enough: an error that leaves its body
/// aborts the barrier, which frees the waiting parties and refuses later arrivals. All of them get the cause.
/// The worker itself rethrows its own error.
///
/// Four workers add up readings, one line per phase. One of them finds a line that is not a number.
func abortExample() throws {
  let readings = [["12", "7", "30"], ["5", "41", "8"], ["19", "2x", "3"], ["6", "25", "11"]]
  let barrier = ThreadBarrier(parties: readings.count, label: "line", timeout: .seconds(10))

  let threads = startThreads(readings.count, named: "worker") { worker in
    try barrier.abortOnError {
      var sum = 0
      for (line, reading) in readings[worker].enumerated() {
        guard let number = Int(reading) else { throw BadReading(worker: worker, line: line, text: reading) }
        sum += number
        try barrier.wait()
      }
      return sum
    }
  }
  let results = threads.joinAll()

  for (worker, result) in results.enumerated() {
    switch result {
    case .success(let sum):
      throw ExampleFailure("worker \(worker) returned \(sum), although another worker failed")
    case .failure(let error as BadReading):
      say("  worker \(worker) failed: \(error)")
      try check(error == BadReading(worker: 2, line: 1, text: "2x"), "worker 2 failed at \"2x\"")
    case .failure(let error as BrokenBarrierError):
      try check(error.reason == .aborted && error.phase == 1, "the phase of the failure was aborted")
      guard let cause = error.underlyingError as? BadReading else {
        throw ExampleFailure("worker \(worker) did not get the cause")
      }
      say("  worker \(worker) was freed in phase \(error.phase); cause: \(cause)")
    case .failure(let error):
      throw error
    }
  }
  let failed = results.count { $0.error is BadReading }
  try check(failed == 1, "one worker failed by itself, not \(failed)")
  try check(barrier.isBroken && barrier.waitingCount == 0, "the barrier is broken, and no party waits")
  say("  All \(results.count) have ended: \(barrier)")
}

private struct BadReading: Error, Equatable, CustomStringConvertible {
  let worker: Int
  let line: Int
  let text: String

  var description: String { "line \(line) of worker \(worker) is not a number: \"\(text)\"" }
}
