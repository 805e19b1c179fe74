internal import CBarriers

/// A thread of the system that runs a closure. It must be joined once.
@safe struct SystemThread {
  private let thread: cbarriers_thread

  /// Starts the thread. Throws if the system has no thread or no memory left.
  init(named name: String, _ run: @escaping @Sendable () -> Void) throws(StartError) {
    var thread = cbarriers_thread()
    let error = unsafe Self.start(run) { unsafe cbarriers_thread_start(name, $0, $1, &thread) }
    if error != 0 { throw StartError(number: error) }
    self.thread = thread
  }

  /// Blocks until the thread has ended.
  func join() {
    let error = cbarriers_thread_join(thread)
    guard error == 0 else { fatalError("pthread_join failed: \(errorText(error))") }
  }

  /// Starts a thread that is not joined. Returns an error if that fails.
  static func detach(named name: String, _ run: @escaping @Sendable () -> Void) -> StartError? {
    let error = unsafe start(run) { unsafe cbarriers_thread_start_detached(name, $0, $1) }
    return error == 0 ? nil : StartError(number: error)
  }

  /// What `pthread_create` returned.
  struct StartError: Error {
    let number: Int32
  }

  private typealias Routine = @convention(c) (UnsafeMutableRawPointer?) -> Void

  private static func start(
    _ run: @escaping @Sendable () -> Void, by create: (Routine, UnsafeMutableRawPointer) -> Int32
  ) -> Int32 {
    let body = unsafe Unmanaged.passRetained(Body(run))
    let error = unsafe create(
      { unsafe Unmanaged<Body>.fromOpaque($0!).takeRetainedValue().run() }, body.toOpaque())
    if error != 0 { unsafe body.release() }
    return error
  }
}

private final class Body: Sendable {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) {
    self.run = run
  }
}
