import Foundation
import Testing

/// All threads of Swift's default pool, blocked for as long as a test wants.
///
/// In a process of its own only. The test itself must not sit on one of the pool's threads: it is a ``TaskParticipant``.
final class BlockedPool: Sendable {
  private let gate = Gate()

  /// Returns when no thread of the pool is free.
  init() {
    let width = ProcessInfo.processInfo.activeProcessorCount
    for _ in 0..<width { Task.detached { [gate] in gate.pass() } }
    eventually { gate.visitors == width }
  }

  func release() {
    gate.open()
  }
}
