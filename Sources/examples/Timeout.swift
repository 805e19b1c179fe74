import Barriers

/// A party never arrives, and the others do not wait forever.
///
/// For every program in production: set a timeout that is well above the duration of any phase. Then a lost
/// worker causes an error that says how many had arrived, not a program that stalls. The first party that
/// times out breaks the phase for all, and later arrivals are refused at once.
func timeoutExample() throws {
  let timeout = Duration.milliseconds(150)
  let workers = 3
  let barrier = ThreadBarrier(parties: workers + 1, label: "halo", timeout: timeout)

  let start = ContinuousClock.now
  let results = startThreads(workers, named: "worker") { _ in try barrier.wait() }.joinAll()
  let waited = ContinuousClock.now - start

  let errors = results.compactMap { $0.error as? BrokenBarrierError }
  try check(errors.count == workers, "all \(workers) workers get the error: \(results)")
  for (worker, error) in errors.enumerated() {
    say("  worker \(worker)\(error.isOrigin ? ", which timed out first" : ""): \(error)")
    try check(error.reason == .timedOut && error.phase == 0, "phase 0 timed out")
    // On a busy machine, a thread may start so late that it is refused.
    try check((1...workers).contains(error.arrived), "1 to \(workers) parties had arrived")
  }
  try check(errors.count(where: \.isOrigin) == 1, "exactly one worker timed out first")
  try check(waited >= timeout, "no worker gave up early")

  let late = Result { () throws(BrokenBarrierError) in try barrier.wait() }
  guard let error = late.error else { throw ExampleFailure("a late arrival passed a broken barrier") }
  try check(error.description == errors[0].description, "a late arrival gets the same error, uncounted")
  say("  a late arrival: \(error)")
}
