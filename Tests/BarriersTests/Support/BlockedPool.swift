import Foundation
import Testing

/// Blocks all threads of Swift's default pool until ``release()``.
///
/// Only for a test in its own process. The test's code must not run on one of the pool's threads, so it is
/// the body of a ``TaskParticipant``.
final class BlockedPool: Sendable {
  private let gate = Gate()

  /// Returns when all threads of the pool are blocked.
  init() {
    let width = ProcessInfo.processInfo.activeProcessorCount
    for _ in 0..<width { Task.detached { [gate] in gate.pass() } }
    eventually { gate.arrivals == width }
  }

  func release() {
    gate.open()
  }
}
