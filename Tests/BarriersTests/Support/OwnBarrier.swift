import Barriers

extension ThreadBarrier {
  /// A barrier whose action is given the barrier too.
  static func withOwnAction(
    parties: Int, label: String? = nil, _ action: @escaping @Sendable (ThreadBarrier, UInt64) throws -> Void
  ) -> ThreadBarrier {
    let own = Own()
    let barrier = ThreadBarrier(parties: parties, label: label) { phase in try action(own.barrier!, phase) }
    own.barrier = barrier
    return barrier
  }
}

/// `@unchecked Sendable`: written once, before any thread knows the barrier.
private final class Own: @unchecked Sendable {
  weak var barrier: ThreadBarrier?
}
