internal import CBarriers

/// A mutex and a condition, with the state that they guard.
///
/// The state is lent for one access at a time, never across a wait: a thread that sleeps in
/// ``wait(until:for:)`` borrows nothing.
///
/// `@unchecked Sendable`: the pointers never change, and their memory is accessed only while holding the
/// lock.
@safe struct Monitor<State>: ~Copyable, @unchecked Sendable {
  // On the heap, because a mutex must not move, and a stored property in Swift has no stable address.
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

  /// Starts again in a forked child, with a new lock and a new state. The threads that held the lock, slept
  /// here or were changing the state are gone, so the old ones are abandoned as they are.
  func startAgain(with initial: State) {
    unsafe state.initialize(to: initial)
    unsafe check(cbarriers_monitor_init(monitor))
  }

  /// Reads or changes the state under the lock. `access` must not call user code. What is to be destroyed
  /// leaves as a result.
  func withLock<Result>(_ access: (inout State) -> Result) -> Result {
    lock()
    defer { unlock() }
    return unsafe access(&state.pointee)
  }

  /// Sleeps until `condition` has a result, and returns it; `nil` if the deadline passes first.
  func wait<Result>(until deadline: Deadline?, for condition: (inout State) -> Result?) -> Result? {
    lock()
    defer { unlock() }
    while true {
      if let result = unsafe condition(&state.pointee) { return result }
      guard let deadline else {
        unsafe check(cbarriers_monitor_wait(monitor))
        continue
      }
      let remaining = deadline.remainingNanoseconds
      if remaining == 0 { return nil }
      unsafe check(cbarriers_monitor_wait_for(monitor, remaining))
    }
  }

  /// Wakes all threads that sleep, after an access to the state. Called after their condition has changed.
  ///
  /// A sleeping thread checks its condition and goes to sleep as if it kept the lock in between: the C module
  /// guarantees that. So once this has held the lock after the change, every thread that checked before it is
  /// woken, and every thread that checks after it sees the change.
  func wakeAll<Result>(_ access: (inout State) -> Result) -> Result {
    lock()
    let result = unsafe access(&state.pointee)
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

/// Traps if a call failed that cannot fail, unless memory is corrupted or the system is out of resources.
private func check(_ error: Int32) {
  guard error == 0 else {
    fatalError("\(unsafe String(cString: cbarriers_failed_call())) failed: \(errorText(error))")
  }
}

/// An error number in words.
func errorText(_ error: Int32) -> String {
  unsafe "\(String(cString: strerror(error))) (error \(error))"
}
