import Barriers

extension ThreadBarrier {
  /// A barrier that passes itself to its action.
  static func passingItselfToAction(
    parties: Int, label: String? = nil, _ action: @escaping @Sendable (ThreadBarrier, UInt64) throws -> Void
  ) -> ThreadBarrier {
    let reference = WeakReference()
    let barrier = ThreadBarrier(parties: parties, label: label) { phase in
      try action(reference.barrier!, phase)
    }
    reference.barrier = barrier
    return barrier
  }
}

/// `@unchecked Sendable`: written once, before any thread has the barrier.
private final class WeakReference: @unchecked Sendable {
  weak var barrier: ThreadBarrier?
}
