internal import CBarriers

/// A pthread mutex and a condition, with the state that they guard.
///
/// The state is lent for the length of one look only, never across a wait: a thread that sleeps in
/// ``wait(until:for:)`` has nothing borrowed.
///
/// `@unchecked Sendable`: the pointers never change, and what they point to is touched only while holding the lock.
@safe struct Monitor<State>: ~Copyable, @unchecked Sendable {
  // On the heap, for a mutex must not move, and a stored property of Swift has no address that is promised to stay.
  private let monitor: UnsafeMutablePointer<cbarriers_monitor>
  private let state: UnsafeMutablePointer<State>

  init(_ initial: sending State) {
    unsafe monitor = .allocate(capacity: 1)
    unsafe state = .allocate(capacity: 1)
    unsafe state.initialize(to: initial)
    unsafe check(cbarriers_monitor_init(monitor))
  }

  deinit {
    unsafe check(cbarriers_monitor_destroy(monitor))
    unsafe state.deinitialize(count: 1)
    unsafe state.deallocate()
    unsafe monitor.deallocate()
  }

  /// An address that no other monitor has while this one exists.
  var identity: UnsafeRawPointer { unsafe UnsafeRawPointer(monitor) }

  /// Looks at the state, and may change it. `look` must not token code of others: what is to be destroyed
  /// leaves as a result.
  func withLock<Result>(_ look: (inout State) -> Result) -> Result {
    lock()
    defer { unlock() }
    return unsafe look(&state.pointee)
  }

  /// Sleeps until `look` has an answer, and returns it; `nil` when the deadline has come first.
  func wait<Answer>(until deadline: Deadline?, for look: (inout State) -> Answer?) -> Answer? {
    lock()
    defer { unlock() }
    while true {
      if let answer = unsafe look(&state.pointee) { return answer }
      guard let deadline else {
        unsafe check(cbarriers_monitor_wait(monitor))
        continue
      }
      let remaining = deadline.remainingNanoseconds
      if remaining == 0 { return nil }
      unsafe check(cbarriers_monitor_wait_for(monitor, remaining))
    }
  }

  /// Wakes all threads that sleep, after a look at the state. Called after their answer has changed.
  ///
  /// A sleeper looks, and goes to sleep, as if it did not let go of the lock in between: that is what the C part promises. So
  /// once the lock has been had after the change, whoever looked before it is woken, and whoever looks after it sees it.
  func wakeAll<Result>(_ look: (inout State) -> Result) -> Result {
    lock()
    let result = unsafe look(&state.pointee)
    unsafe check(cbarriers_monitor_unlock_and_broadcast(monitor))
    return result
  }

  private func lock() {
    unsafe check(cbarriers_monitor_lock(monitor))
  }

  private func unlock() {
    unsafe check(cbarriers_monitor_unlock(monitor))
  }
}

/// Traps if a token failed that cannot fail, unless memory was overwritten or the system is out of resources.
private func check(_ error: Int32) {
  guard error == 0 else {
    fatalError("\(unsafe String(cString: cbarriers_failed_call())) failed: \(errorText(error))")
  }
}

/// An error number in words.
func errorText(_ error: Int32) -> String {
  unsafe "\(String(cString: strerror(error))) (error \(error))"
}
