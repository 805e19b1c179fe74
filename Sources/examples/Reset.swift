import Barriers
import Synchronization

/// Those who wait are called off, then the barrier is used again.
///
/// For a change of plan while some already wait: new settings, a new batch. `reset()` breaks the phase of
/// those who wait, and of nobody else: the next phase is open at once, and they come again, with the new
/// settings.
func resetExample() throws {
  let workers = 3
  let settings = Atomic(1)
  let barrier = ThreadBarrier(parties: workers + 1, label: "batch", timeout: .seconds(10))

  let threads = startThreads(workers, named: "worker") { worker in
    while true {
      let version = settings.load(ordering: .relaxed)  // what it prepares, it prepares with these settings
      do throws(BrokenBarrierError) {
        return Outcome(version: version, phase: try barrier.wait().phase)
      } catch {
        say("  worker \(worker), ready with settings \(version): \(error)")
        if error.reason != .reset { throw error }
      }
    }
  }
  try poll(for: "all workers waiting") { barrier.waitingCount == workers }
  settings.store(2, ordering: .relaxed)
  barrier.reset()
  try check(!barrier.isBroken, "whoever comes after the reset finds the barrier whole")

  let own = try barrier.wait()
  let outcomes = try threads.join()
  try check(own.phase == 1, "the broken phase keeps number 0, and the next is 1")
  for (worker, outcome) in outcomes.enumerated() {
    try check(outcome.phase == own.phase, "worker \(worker) came again to phase \(own.phase)")
    try check(outcome.version == 2, "worker \(worker) came with settings 2, but had \(outcome.version)")
    say("  worker \(worker) met the others in phase \(outcome.phase), with settings \(outcome.version)")
  }
}

private struct Outcome {
  let version: Int
  let phase: UInt64
}
