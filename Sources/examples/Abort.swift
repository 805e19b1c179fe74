import Barriers

/// A worker fails, and nobody waits for it.
///
/// For any worker that can fail between two meetings. `abortOnError` is all that it takes: an error that
/// leaves its body aborts the barrier, those who wait are freed, those who come later are refused, and all
/// are told the cause. The worker itself throws its own error on.
///
/// Four workers add up readings, a line each in turn; one of them meets a line that is no number.
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
      throw ExampleFailure("worker \(worker) came through with \(sum), though another failed")
    case .failure(let error as BadReading):
      say("  worker \(worker) failed: \(error)")
      try check(error == BadReading(worker: 2, line: 1, text: "2x"), "worker 2 failed at \"2x\"")
    case .failure(let error as BrokenBarrierError):
      try check(error.reason == .aborted && error.phase == 1, "the phase of the failure was aborted")
      guard let cause = error.underlyingError as? BadReading else {
        throw ExampleFailure("worker \(worker) was not told the cause")
      }
      say("  worker \(worker) was let go in phase \(error.phase), and told why: \(cause)")
    case .failure(let error):
      throw error
    }
  }
  let failed = results.count { $0.error is BadReading }
  try check(failed == 1, "one worker failed of itself, but \(failed) did")
  try check(barrier.isBroken && barrier.waitingCount == 0, "the barrier is broken, and nobody waits")
  say("  All \(results.count) have ended: \(barrier)")
}

private struct BadReading: Error, Equatable, CustomStringConvertible {
  let worker: Int
  let line: Int
  let text: String

  var description: String { "line \(line) of worker \(worker) is no number: \"\(text)\"" }
}
