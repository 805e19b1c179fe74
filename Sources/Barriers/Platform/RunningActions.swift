internal import CBarriers

/// The barriers whose actions this thread is running.
///
/// An action that waits at its own barrier would wait for itself. Each thread keeps a chain of the actions
/// that it is running, so this is detected at once, even if the phase is over. The links are on the
/// stack.
enum RunningActions {
  @unsafe private struct Link {
    let barrier: UnsafeRawPointer
    let outer: UnsafeMutableRawPointer?
  }

  /// Runs `action` as the action of the barrier with this identity.
  static func run(of barrier: UnsafeRawPointer, _ action: () throws -> Void) rethrows {
    let outer = unsafe cbarriers_tls_get()
    var link = unsafe Link(barrier: barrier, outer: outer)
    try unsafe withUnsafeMutablePointer(to: &link) { link in
      unsafe cbarriers_tls_set(link)
      defer { unsafe cbarriers_tls_set(outer) }
      try action()
    }
  }

  /// A thread's running actions, for threads that it starts and waits for.
  ///
  /// `@unchecked Sendable`: the links do not change or move while that thread waits.
  @safe struct Inherited: @unchecked Sendable {
    private let innermost = unsafe cbarriers_tls_get()

    /// From now on, this thread runs inside these actions.
    func adopt() {
      unsafe cbarriers_tls_set(innermost)
    }
  }

  static func contains(_ barrier: UnsafeRawPointer) -> Bool {
    var next = unsafe cbarriers_tls_get()
    while let link = unsafe next?.assumingMemoryBound(to: Link.self) {
      if unsafe link.pointee.barrier == barrier { return true }
      unsafe next = link.pointee.outer
    }
    return false
  }
}
