import Barriers
import Synchronization

/// A reset frees the waiting workers, and the barrier is used again.
///
/// For a change of plan while some workers already wait: new settings, a new batch. `reset()` breaks only the
/// phase of the waiting parties. The next phase is open at once, and they arrive again, with the new
/// settings.
func resetExample() throws {
  let workers = 3
  let settings = Atomic(1)
  let barrier = ThreadBarrier(parties: workers + 1, label: "batch", timeout: .seconds(10))

  let threads = startThreads(workers, named: "worker") { worker in
    while true {
      let version = settings.load(ordering: .relaxed)  // the worker prepares with these settings
      do throws(BrokenBarrierError) {
        return Outcome(version: version, phase: try barrier.wait().phase)
      } catch {
        say("  worker \(worker), ready with settings \(version): \(error)")
        if error.reason != .reset { throw error }
      }
    }
  }
  try poll(for: "all workers to wait") { barrier.waitingCount == workers }
  settings.store(2, ordering: .relaxed)
  barrier.reset()
  try check(!barrier.isBroken, "the barrier is not broken after the reset")

  let own = try barrier.wait()
  let outcomes = try threads.join()
  try check(own.phase == 1, "the broken phase keeps number 0, and the next is 1")
  for (worker, outcome) in outcomes.enumerated() {
    try check(outcome.phase == own.phase, "worker \(worker) arrived again in phase \(own.phase)")
    try check(outcome.version == 2, "worker \(worker) had settings 2, not \(outcome.version)")
    say("  worker \(worker) completed phase \(outcome.phase), with settings \(outcome.version)")
  }
}

private struct Outcome {
  let version: Int
  let phase: UInt64
}
