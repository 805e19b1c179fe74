import Barriers
import Synchronization
import Testing

/// A thread of a test that takes part in a barrier, and reports how it left.
///
/// It starts at once. ``result`` joins it, and so does letting go of it: no thread outlives its test. While it
/// runs, the ``Watchdog`` has an eye on it.
final class Party<Value: Sendable>: Sendable {
  let thread: TestThread
  let ice: Ice
  private let results: Notes<Result<Value, any Error>>
  private let isJoined = Atomic(false)

  init(
    _ name: String = "party", at barrier: ThreadBarrier? = nil, limit: Duration = Limits.patience,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: @escaping @Sendable () throws -> Value
  ) {
    let (ice, results) = (Ice(), Notes<Result<Value, any Error>>())
    let watch = Watchdog.Watch(name, at: barrier, limit: limit, sourceLocation: sourceLocation)
    (self.ice, self.results) = (ice, results)
    thread = TestThread {
      ice.belongsToThisThread()
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
    Party("party \(index) of \(count)", at: barrier, sourceLocation: sourceLocation) { try body(index) }
  }
  return parties.map(\.result)
}
