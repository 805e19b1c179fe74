import Foundation
import Synchronization
import Testing

/// Stops one sleeping thread, so that it cannot wake up before the test allows it.
///
/// Makes tests of parties that wake up late deterministic: the test freezes a sleeping party, does everything
/// else, and only then thaws it. A signal stops the thread, and the handler does not return until the thaw. A
/// thread that sleeps at a barrier holds no lock that others need.
final class ThreadFreezer: Sendable {
  private enum State { static let none = 0, wanted = 1, frozen = 2 }
  private let state = Atomic(State.none)
  private let threadNumber = Atomic(-1)

  /// Called first by the thread that may be frozen.
  func attachToCurrentThread() {
    pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque())
    threadNumber.store(currentThreadNumber(), ordering: .releasing)
  }

  /// Whether the thread sleeps in the kernel; where this is not available, whether it has started.
  var isThreadAsleep: Bool {
    let number = threadNumber.load(ordering: .acquiring)
    return number >= 0 && isAsleep(threadNumber: number)
  }

  fileprivate func freeze(_ thread: TestThread) {
    state.store(State.wanted, ordering: .releasing)
    thread.signal(SIGUSR2)
    eventually { state.load(ordering: .acquiring) == State.frozen }
  }

  fileprivate func thaw() {
    state.store(State.none, ordering: .releasing)
  }

  /// Runs in the signal handler, where only atomics and async-signal-safe system calls are allowed.
  private func stop() {
    guard state.load(ordering: .acquiring) == State.wanted else { return }
    state.store(State.frozen, ordering: .releasing)
    while state.load(ordering: .acquiring) == State.frozen { sched_yield() }
  }

  /// Holds each thread's freezer. Created, with the handler, before the first thread starts.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    signal(SIGUSR2) { _ in
      guard let freezer = pthread_getspecific(ThreadFreezer.key) else { return }
      Unmanaged<ThreadFreezer>.fromOpaque(freezer)._withUnsafeGuaranteedRef { $0.stop() }
    }
    return key
  }()
}

extension ThreadParticipant {
  /// Waits until the party sleeps in the kernel.
  func waitUntilAsleep(sourceLocation: SourceLocation = #_sourceLocation) {
    eventually(sourceLocation: sourceLocation) { freezer.isThreadAsleep }
  }

  /// Waits until the party sleeps, then keeps it from waking up until ``thaw()``.
  func freeze(sourceLocation: SourceLocation = #_sourceLocation) {
    waitUntilAsleep(sourceLocation: sourceLocation)
    freezer.freeze(thread)
  }

  func thaw() {
    freezer.thaw()
  }
}
