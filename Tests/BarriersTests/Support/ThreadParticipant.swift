import Barriers
import Synchronization
import Testing

/// A thread of a test that takes part in a barrier, and reports how it left.
///
/// It starts at once. ``result`` joins it, and so does `deinit`: no thread outlives its test. The
/// ``Watchdog`` watches it while it runs.
final class ThreadParticipant<Value: Sendable>: Sendable {
  let thread: TestThread
  let freezer: ThreadFreezer
  private let results: SharedLog<Result<Value, any Error>>
  private let isJoined = Atomic(false)

  init(
    _ name: String = "party", at barrier: ThreadBarrier? = nil, limit: Duration = Limits.hang,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: @escaping @Sendable () throws -> Value
  ) {
    let (freezer, results) = (ThreadFreezer(), SharedLog<Result<Value, any Error>>())
    let watch = Watchdog.Watch(name, at: barrier, limit: limit, sourceLocation: sourceLocation)
    (self.freezer, self.results) = (freezer, results)
    thread = TestThread {
      freezer.attachToCurrentThread()
      Watchdog.shared.during(watch) { results.add(Result(catching: body)) }
    }
  }

  deinit { join() }

  /// What the body returned or threw. Joins the thread.
  var result: Result<Value, any Error> {
    join()
    return results.all[0]
  }

  var hasLeft: Bool { !results.all.isEmpty }

  private func join() {
    if !isJoined.exchange(true, ordering: .acquiringAndReleasing) { thread.join() }
  }
}

/// Runs `body` on `count` threads, joins them, and returns their results by index.
func onThreads<Value: Sendable>(
  _ count: Int, at barrier: ThreadBarrier? = nil, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: @escaping @Sendable (_ index: Int) throws -> Value
) -> [Result<Value, any Error>] {
  let parties = (0..<count).map { index in
    ThreadParticipant("party \(index) of \(count)", at: barrier, sourceLocation: sourceLocation) {
      try body(index)
    }
  }
  return parties.map(\.result)
}
