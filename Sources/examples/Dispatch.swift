import Barriers
import Dispatch
import Foundation

/// Dispatch work items as parties.
///
/// A waiting party blocks its thread, so each party needs a thread of its own. A serial queue for each party
/// provides it, whatever the number of processors. `concurrentPerform` does not: it runs its iterations on
/// about as many threads as there are processors, and starts another iteration only when one is over.
/// Iterations that wait at a barrier are not over, so the missing ones never start; without a timeout,
/// `concurrentPerform` would never return.
func dispatchExample() throws {
  let processors = ProcessInfo.processInfo.activeProcessorCount
  try waitOnSerialQueues(min(4 * processors, 64), processors: processors)
  try waitInConcurrentPerform(4 * processors, processors: processors)
}

private func waitOnSerialQueues(_ parties: Int, processors: Int) throws {
  let phases = 3
  let barrier = ThreadBarrier(parties: parties, label: "serial queues", timeout: .seconds(10))
  let results = Results<UInt64>(count: parties)
  let running = DispatchGroup()
  for party in 0..<parties {
    DispatchQueue(label: "party \(party)").async(group: running) {
      results.record(party) {
        try barrier.abortOnError {
          for _ in 0..<phases { try barrier.wait() }
          return barrier.phase
        }
      }
    }
  }
  running.wait()

  for result in results.all {
    try check(result.get() == phases, "every party completed \(phases) phases")
  }
  say("  \(parties) serial queues on \(processors) processors: all completed \(phases) phases")
}

private func waitInConcurrentPerform(_ parties: Int, processors: Int) throws {
  let barrier = ThreadBarrier(parties: parties, label: "concurrentPerform", timeout: .milliseconds(200))
  let results = Results<Arrival>(count: parties)
  DispatchQueue.concurrentPerform(iterations: parties) { party in
    results.record(party) { try barrier.wait() }
  }

  let errors = results.all.compactMap { $0.error as? BrokenBarrierError }
  guard let error = errors.first else {
    // Not a failure of the barrier: Dispatch may start that many threads.
    return say("  concurrentPerform ran all \(parties) at once here, which it does not promise")
  }
  try check(errors.count == parties, "the barrier broke for all parties, not only for \(errors.count)")
  try check(error.reason == .timedOut && error.arrived < parties, "some did not arrive in time")
  let missing = parties - error.arrived
  say("  concurrentPerform, \(parties) iterations on \(processors) processors:")
  say("  \(error)")
  say("  The \(error.arrived) that had arrived held all threads, so the other \(missing) could not start.")
  say("  They started after the timeout, and were refused.")
}
