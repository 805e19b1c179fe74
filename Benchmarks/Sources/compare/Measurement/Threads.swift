import Foundation

/// Threads with small stacks, because there may be thousands.
enum Threads {
  static func start(_ count: Int, _ body: @escaping @Sendable (_ party: Int) -> Void) -> [pthread_t] {
    (0..<count).map { party in start { body(party) } }
  }

  static func join(_ threads: [pthread_t]) {
    for thread in threads { pthread_join(thread, nil) }
  }

  private static func start(_ body: @escaping @Sendable () -> Void) -> pthread_t {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, 256 * 1024)
    defer { pthread_attr_destroy(&attributes) }
    let argument = Unmanaged.passRetained(Body(body)).toOpaque()
    #if os(Linux)
    var thread: pthread_t? = pthread_t()
    let error = pthread_create(&thread!, &attributes, { Body.run($0!) }, argument)
    #else
    var thread: pthread_t?
    let error = pthread_create(&thread, &attributes, { Body.run($0) }, argument)
    #endif
    guard error == 0 else {
      // The threads that have started wait for this one, so they cannot be joined.
      Terminal.printError("Cannot start a thread: \(String(cString: strerror(error))). Use fewer --parties.")
      exit(1)
    }
    return thread!
  }

  private final class Body {
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    static func run(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
      Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().body()
      return nil
    }
  }
}
