import CxxPeers
import Foundation

/// C++20's barrier.
///
/// `@unchecked Sendable`: the pointer never changes, and any thread may wait.
final class StandardBarrier: @unchecked Sendable {
  private let barrier: UnsafeMutableRawPointer

  init(parties: Int) { barrier = cxx_barrier_create(parties) }

  deinit { cxx_barrier_destroy(barrier) }

  func wait() { cxx_barrier_wait(barrier) }
}

#if os(Linux)
/// The system's own barrier.
///
/// `@unchecked Sendable`: the pointer never changes, and any thread may wait.
final class PthreadBarrier: @unchecked Sendable {
  private let barrier = UnsafeMutablePointer<pthread_barrier_t>.allocate(capacity: 1)

  init(parties: Int) {
    precondition(pthread_barrier_init(barrier, nil, UInt32(parties)) == 0)
  }

  deinit {
    pthread_barrier_destroy(barrier)
    barrier.deallocate()
  }

  func wait() { pthread_barrier_wait(barrier) }
}
#endif

/// A count and a generation under a lock, as textbooks have it.
///
/// `@unchecked Sendable`: the condition's lock guards the counts.
final class ConditionBarrier: @unchecked Sendable {
  private let condition = NSCondition()
  private let parties: Int
  private var arrived = 0
  private var generation = 0

  init(parties: Int) { self.parties = parties }

  func wait() {
    condition.lock()
    defer { condition.unlock() }
    arrived += 1
    if arrived == parties {
      arrived = 0
      generation += 1
      condition.broadcast()
    } else {
      let mine = generation
      while generation == mine { condition.wait() }
    }
  }
}

/// Runs a script of the folder Foreign, which prints the nanoseconds a phase.
func runPython(_ script: String, parties: Int, phases: Int) throws -> Cost {
  let file = Bundle.module.url(forResource: "Foreign/\(script)", withExtension: "py")!
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = ["python3", file.path, "\(parties)", "\(phases)"]
  let output = Pipe()
  process.standardOutput = output
  try process.run()
  let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  guard process.terminationStatus == 0,
    let wall = Double(text.trimmingCharacters(in: .whitespacesAndNewlines))
  else {
    throw PeerFailure(
      description: "\(script).py did not come to a result (exit code \(process.terminationStatus))")
  }
  return Cost(wall: wall, cpu: nil, switches: nil)
}

struct PeerFailure: Error, CustomStringConvertible {
  let description: String
}
