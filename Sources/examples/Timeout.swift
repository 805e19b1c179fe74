import Barriers

/// A party never comes, and the others do not wait for ever.
///
/// For everything outside a test bench: give the barrier a timeout that is well beyond what a phase can take,
/// and a worker that is lost shows up as an error that says how many were there, not as a program that
/// stalls. The first whose time is over breaks the phase for all; who comes too late is refused at once.
func timeoutExample() throws {
  let timeout = Duration.milliseconds(150)
  let comers = 3
  let barrier = ThreadBarrier(parties: comers + 1, label: "halo", timeout: timeout)

  let start = ContinuousClock.now
  let results = startThreads(comers, named: "worker") { _ in try barrier.wait() }.joinAll()
  let waited = ContinuousClock.now - start

  let errors = results.compactMap { $0.error as? BrokenBarrierError }
  try check(errors.count == comers, "all \(comers) workers are told that the barrier is broken: \(results)")
  for (worker, error) in errors.enumerated() {
    say("  worker \(worker)\(error.isOrigin ? ", whose time was over first" : ""): \(error)")
    try check(error.reason == .timedOut && error.phase == 0, "phase 0 timed out")
    // On a busy machine, a thread may be so late to start that it is refused.
    try check((1...comers).contains(error.arrived), "1 to \(comers) parties had arrived")
  }
  try check(errors.count(where: \.isOrigin) == 1, "the time of exactly one was over first")
  try check(waited >= timeout, "nobody gave up early")

  let latecomer = Result { () throws(BrokenBarrierError) in try barrier.wait() }
  guard let error = latecomer.error else { throw ExampleFailure("a latecomer passed a broken barrier") }
  try check(error.description == errors[0].description, "a latecomer is told the same, and not counted")
  say("  a latecomer is told the same: \(error)")
}
