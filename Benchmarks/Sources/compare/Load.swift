import Foundation

/// Processes that keep processors busy, until they are ended.
struct Load {
  private let processes: [Process]

  init(threads: Int) throws {
    processes = try (0..<threads).map { _ in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", "while :; do :; done"]
      try process.run()
      return process
    }
  }

  func end() {
    for process in processes {
      // Its other signals may have been blocked when it was born.
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }
}
