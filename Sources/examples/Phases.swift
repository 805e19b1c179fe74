import Barriers

/// Workers that must not see half a phase.
///
/// For computations in steps, where each worker writes its part of shared data and then reads the parts of
/// the others: simulations, filters, solvers. There are two phases per round: after the first, all parts are
/// written and may be read; after the second, all have read and may write again.
///
/// Each worker writes the number of the round into its slice of a buffer. If a worker could run ahead or lag
/// behind, a reader would find two different numbers in the buffer.
func phasesExample() throws {
  let workers = 4
  let rounds = 100
  let buffer = SharedBuffer(Array(repeating: 0, count: 1_000))
  let barrier = ThreadBarrier(parties: workers, label: "round", timeout: .seconds(10))

  let threads = startThreads(workers, named: "worker") { worker in
    try barrier.abortOnError {
      var seen = 0
      for round in 1...rounds {
        for index in slice(of: buffer.count, for: worker, of: workers) {
          buffer[index] = round
        }
        try barrier.wait()  // all slices are written

        for index in 0..<buffer.count {
          try check(buffer[index] == round, "element \(index) holds \(round), not \(buffer[index])")
          seen += 1
        }
        try barrier.wait()  // all slices are read
      }
      return seen
    }
  }
  let seen = try threads.join()

  try check(seen.allSatisfy { $0 == rounds * buffer.count }, "every worker saw every element in every round")
  try check(barrier.phase == UInt64(2 * rounds), "there were two phases per round")
  say("  \(workers) workers wrote and read \(buffer.count) elements in \(rounds) rounds of two phases:")
  say("  \(seen.reduce(0, +)) reads, and none of them saw half a phase.")
}
