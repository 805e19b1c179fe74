import Foundation
import Synchronization
import Testing

/// Stops one thread where it sleeps, so that it cannot wake up before the test wants it to.
///
/// Rules that speak of a party that wakes up late can so be tested without luck: a sleeping party is frozen, the
/// rest of the story happens, and only then is it thawed. The thread is stopped by a signal whose handler does
/// not return before that. Whoever sleeps at a barrier holds nothing that others need.
final class ThreadFreezer: Sendable {
  private enum State { static let none = 0, wanted = 1, frozen = 2 }
  private let state = Atomic(State.none)
  private let threadNumber = Atomic(-1)

  /// Called by the thread that may be frozen, before anything else.
  func belongsToThisThread() {
    pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque())
    threadNumber.store(currentThreadNumber(), ordering: .releasing)
  }

  /// Whether the thread sleeps in the system; where that cannot be known, whether it has started.
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

  /// Runs in the handler, where nothing but atomics and the simplest system calls is allowed.
  private func stop() {
    guard state.load(ordering: .acquiring) == State.wanted else { return }
    state.store(State.frozen, ordering: .releasing)
    while state.load(ordering: .acquiring) == State.frozen { sched_yield() }
  }

  /// Where each thread finds its own; made, with the handler, before the first thread starts.
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
  /// Waits until the party sleeps.
  func fallsAsleep(sourceLocation: SourceLocation = #_sourceLocation) {
    eventually(sourceLocation: sourceLocation) { freezer.isThreadAsleep }
  }

  /// Waits until the party sleeps, and keeps it from waking up until ``thaw()``.
  func freeze(sourceLocation: SourceLocation = #_sourceLocation) {
    fallsAsleep(sourceLocation: sourceLocation)
    freezer.freeze(thread)
  }

  func thaw() {
    freezer.thaw()
  }
}
