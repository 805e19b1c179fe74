import Barriers
import Synchronization
import Testing

/// A thread of a test that takes part in a barrier, and reports how it left.
///
/// It starts at once. ``result`` joins it, and so does letting go of it: no thread outlives its test. While it
/// runs, the ``Watchdog`` has an eye on it.
final class ThreadParticipant<Value: Sendable>: Sendable {
  let thread: TestThread
  let freezer: ThreadFreezer
  private let results: Notes<Result<Value, any Error>>
  private let isJoined = Atomic(false)

  init(
    _ name: String = "party", at barrier: ThreadBarrier? = nil, limit: Duration = Limits.patience,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: @escaping @Sendable () throws -> Value
  ) {
    let (freezer, results) = (ThreadFreezer(), Notes<Result<Value, any Error>>())
    let watch = Watchdog.Watch(name, at: barrier, limit: limit, sourceLocation: sourceLocation)
    (self.freezer, self.results) = (freezer, results)
    thread = TestThread {
      freezer.belongsToThisThread()
      Watchdog.shared.during(watch) { results.add(Result(catching: body)) }
    }
  }

  deinit { join() }

  /// What the party's body returned or threw. Waits until it has left.
  var result: Result<Value, any Error> {
    join()
    return results.all[0]
  }

  var hasLeft: Bool { !results.all.isEmpty }

  private func join() {
    if !isJoined.exchange(true, ordering: .acquiringAndReleasing) { thread.join() }
  }
}

/// Starts as many parties as asked for, waits until all have left, and returns their results by index.
func crew<Value: Sendable>(
  of count: Int, at barrier: ThreadBarrier? = nil, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: @escaping @Sendable (_ index: Int) throws -> Value
) -> [Result<Value, any Error>] {
  let parties = (0..<count).map { index in
    ThreadParticipant("party \(index) of \(count)", at: barrier, sourceLocation: sourceLocation) {
      try body(index)
    }
  }
  return parties.map(\.result)
}
