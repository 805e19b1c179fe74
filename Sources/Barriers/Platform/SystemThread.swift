internal import CBarriers

/// A thread of the system that runs a closure, and is to be joined once.
@safe struct SystemThread {
  private let thread: cbarriers_thread

  /// Starts it; throws if the system has no thread left, or no memory for one.
  init(named name: String, _ run: @escaping @Sendable () -> Void) throws(StartError) {
    var thread = cbarriers_thread()
    let error = unsafe Self.start(run) { unsafe cbarriers_thread_start(name, $0, $1, &thread) }
    if error != 0 { throw StartError(number: error) }
    self.thread = thread
  }

  /// Blocks until it has come to its end.
  func join() {
    let error = cbarriers_thread_join(thread)
    guard error == 0 else { fatalError("pthread_join failed: \(errorText(error))") }
  }

  /// Starts one that nobody joins. Answers why not, if that cannot be done.
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
