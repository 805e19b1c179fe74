import Foundation

/// A pthread that runs a closure. Its stack is small, because a test may start many. Join it exactly once.
///
/// `@unchecked Sendable`: a `pthread_t` is a plain value, although it is a pointer on Darwin.
struct TestThread: @unchecked Sendable {
  let pthread: pthread_t

  init(_ body: @escaping @Sendable () -> Void) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, 512 * 1024)
    defer { pthread_attr_destroy(&attributes) }

    let start = Unmanaged.passRetained(Start(body)).toOpaque()
    #if canImport(Darwin)
    var started: pthread_t?
    let error = pthread_create(&started, &attributes, { Start.run($0) }, start)
    #else
    var started: pthread_t? = pthread_t()
    let error = pthread_create(&started!, &attributes, { Start.run($0!) }, start)
    #endif
    guard error == 0, let started else { fatalError("pthread_create failed with error \(error)") }
    pthread = started
  }

  func join() {
    pthread_join(pthread, nil)
  }

  /// Sends a signal to the thread, which must not have been joined.
  func signal(_ number: Int32) {
    pthread_kill(pthread, number)
  }

  private final class Start {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    static func run(_ start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
      // A new thread inherits its creator's signal mask, and Dispatch's threads block all signals.
      var none = sigset_t()
      sigemptyset(&none)
      pthread_sigmask(SIG_SETMASK, &none, nil)
      Unmanaged<Start>.fromOpaque(start).takeRetainedValue().body()
      return nil
    }
  }
}

/// The system's number of the current thread; 0 where it is not available.
func currentThreadNumber() -> Int {
  #if os(Linux)
  // "17/task/23"
  let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
  return link?.split(separator: "/").last.flatMap { Int($0) } ?? 0
  #else
  0
  #endif
}

/// Whether that thread sleeps in the kernel right now; `true` where this is not available.
func isAsleep(threadNumber: Int) -> Bool {
  #if os(Linux)
  // "17 (name) S …": the letter after the last parenthesis is the state.
  guard let line = try? String(contentsOfFile: "/proc/self/task/\(threadNumber)/stat", encoding: .utf8),
    let name = line.lastIndex(of: ")")
  else { return false }
  return line[name...].dropFirst(2).first == "S"
  #else
  true
  #endif
}
