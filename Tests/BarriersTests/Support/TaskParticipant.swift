import Barriers
import Dispatch
import Testing

/// A task of a test that takes part in a barrier, and reports how it left.
///
/// It starts at once. Its default executor is its own, because other tests may keep all threads of the
/// default pool busy. ``result`` waits for it, and so does `deinit`: no task outlives its test. The
/// ``Watchdog`` watches it while it runs.
final class TaskParticipant<Value: Sendable>: Sendable {
  private let task: Task<Void, Never>
  private let completion = Completion<Value>()
  private let executor: any TaskExecutor

  init(
    _ name: String = "task", at barrier: ThreadBarrier? = nil,
    on executor: any TaskExecutor = ThreadPerJobExecutor(),
    limit: Duration = Limits.hang, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: @escaping @Sendable () async throws -> Value
  ) {
    let watch = Watchdog.shared.begin(
      Watchdog.Watch(name, at: barrier, limit: limit, sourceLocation: sourceLocation))
    self.executor = executor
    task = Task(executorPreference: executor) { [completion] in
      let result: Result<Value, any Error>
      do { result = .success(try await body()) } catch { result = .failure(error) }
      Watchdog.shared.end(watch)
      completion.leave(with: result)
    }
  }

  deinit { _ = result }

  /// What the body returned or threw. Blocks until the task has left.
  var result: Result<Value, any Error> { completion.result }

  /// The same without blocking, for a test that is a task itself.
  func left() async -> Result<Value, any Error> {
    await task.value
    return completion.result
  }

  var hasLeft: Bool { completion.hasLeft }

  /// Waits until the task is suspended. Needs the default executor.
  func waitUntilAsleep(sourceLocation: SourceLocation = #_sourceLocation) {
    let executor = executor as! ThreadPerJobExecutor
    eventually(sourceLocation: sourceLocation) { executor.isIdle }
  }

  func cancel() {
    task.cancel()
  }
}

/// A work item on a Dispatch queue of its own that takes part in a barrier, and reports how it left.
final class WorkItemParticipant<Value: Sendable>: Sendable {
  private let completion = Completion<Value>()
  private let threadNumber = Counter(-1)

  init(
    _ name: String = "work item", at barrier: ThreadBarrier? = nil,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: @escaping @Sendable () throws -> Value
  ) {
    let watch = Watchdog.Watch(name, at: barrier, limit: Limits.hang, sourceLocation: sourceLocation)
    DispatchQueue(label: name).async { [completion, threadNumber] in
      threadNumber.add(1 + currentThreadNumber())
      var result: Result<Value, any Error>?
      Watchdog.shared.during(watch) { result = Result(catching: body) }
      completion.leave(with: result!)
    }
  }

  deinit { _ = result }

  var result: Result<Value, any Error> { completion.result }

  var hasLeft: Bool { completion.hasLeft }

  func waitUntilAsleep(sourceLocation: SourceLocation = #_sourceLocation) {
    eventually(sourceLocation: sourceLocation) {
      threadNumber.now >= 0 && isAsleep(threadNumber: threadNumber.now)
    }
  }
}

/// The result of a party that has left, or the means to wait for it.
private final class Completion<Value: Sendable>: Sendable {
  private let results = SharedLog<Result<Value, any Error>>()
  private let isOver = DispatchSemaphore(value: 0)

  func leave(with result: Result<Value, any Error>) {
    results.add(result)
    isOver.signal()
  }

  var hasLeft: Bool { !results.all.isEmpty }

  var result: Result<Value, any Error> {
    isOver.wait()
    isOver.signal()  // for the next reader
    return results.all[0]
  }
}
