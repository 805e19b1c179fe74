internal import CBarriers

/// The barriers whose actions this thread is running right now.
///
/// An action that waits at its own barrier waits for itself. Each thread keeps a chain of what it is running, so
/// that this is recognised at once, whatever has become of the phase meanwhile. The links live on the stack.
enum RunningActions {
  @unsafe private struct Link {
    let barrier: UnsafeRawPointer
    let outer: UnsafeMutableRawPointer?
  }

  /// Runs `action` as the action of the barrier with this identity.
  static func run(of barrier: UnsafeRawPointer, _ action: () throws -> Void) rethrows {
    let outer = unsafe cbarriers_thread_word()
    var link = unsafe Link(barrier: barrier, outer: outer)
    try unsafe withUnsafeMutablePointer(to: &link) { link in
      unsafe cbarriers_set_thread_word(link)
      defer { unsafe cbarriers_set_thread_word(outer) }
      try action()
    }
  }

  /// The actions that one thread is running, for others to be in them too: those for which it waits before it goes on.
  ///
  /// `@unchecked Sendable`: the links do not change, and stay where they are while that thread waits.
  @safe struct Inherited: @unchecked Sendable {
    private let word = unsafe cbarriers_thread_word()

    /// From now on this thread is in them.
    func adopt() {
      unsafe cbarriers_set_thread_word(word)
    }
  }

  static func contains(_ barrier: UnsafeRawPointer) -> Bool {
    var word = unsafe cbarriers_thread_word()
    while let link = unsafe word?.assumingMemoryBound(to: Link.self) {
      if unsafe link.pointee.barrier == barrier { return true }
      unsafe word = link.pointee.outer
    }
    return false
  }
}
