internal import CBarriers

/// A thread of the system that runs a closure, and is to be joined once.
@safe struct SystemThread {
  private let thread: cbarriers_thread

  /// Starts it; throws if the system has no thread left, or no memory for one.
  init(named name: String, _ run: @escaping @Sendable () -> Void) throws(StartError) {
    let body = unsafe Unmanaged.passRetained(Body(run))
    var thread = cbarriers_thread()
    let error = unsafe cbarriers_thread_start(
      name, { unsafe Unmanaged<Body>.fromOpaque($0!).takeRetainedValue().run() }, body.toOpaque(), &thread)
    guard error == 0 else {
      unsafe body.release()
      throw StartError(number: error)
    }
    self.thread = thread
  }

  /// What `pthread_create` returned.
  struct StartError: Error {
    let number: Int32
  }

  /// Blocks until it has come to its end.
  func join() {
    let error = cbarriers_thread_join(thread)
    guard error == 0 else { fatalError("pthread_join failed: \(errorText(error))") }
  }
}

private final class Body: Sendable {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) {
    self.run = run
  }
}
