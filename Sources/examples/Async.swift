import Barriers
import Foundation

/// Tasks that must not see half a phase: `phases`, without a thread per party.
///
/// For tasks that work in steps on shared data. A waiting task is suspended, so any number of tasks can wait
/// for one another on the few threads that Swift's tasks share. A task that blocks its thread instead could
/// keep the missing task from ever starting.
///
/// Each task writes the number of the round into its element of a buffer, waits for the others, and reads the
/// elements of some of them.
func asyncExample() async throws {
  let count = 1_000
  let rounds = 20
  let buffer = SharedBuffer(Array(repeating: 0, count: count))
  let barrier = AsyncBarrier(parties: count, label: "round", timeout: .seconds(30))

  let start = ContinuousClock.now
  let seen = try await withThrowingTaskGroup(of: Int.self) { group in
    for task in 0..<count {
      group.addTask {
        try await barrier.abortOnError {
          var seen = 0
          for round in 1...rounds {
            buffer[task] = round
            try await barrier.wait()  // all elements are written

            for neighbor in (task..<task + 10).map({ $0 % count }) {
              try check(
                buffer[neighbor] == round, "element \(neighbor) holds \(round), not \(buffer[neighbor])")
              seen += 1
            }
            try await barrier.wait()  // all elements are read
          }
          return seen
        }
      }
    }
    return try await group.reduce(0, +)
  }
  let time = ContinuousClock.now - start

  try check(seen == count * rounds * 10, "every task read ten elements in every round")
  try check(barrier.phase == UInt64(2 * rounds), "there were two phases per round")
  let threads = ProcessInfo.processInfo.activeProcessorCount
  say("  \(count) tasks on about \(threads) threads completed \(2 * rounds) phases in \(time.milliseconds):")
  say("  \(seen) reads, and none of them saw half a phase.")
}
