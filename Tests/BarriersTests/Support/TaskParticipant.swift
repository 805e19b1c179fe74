import Barriers
import Dispatch
import Testing

/// A task of a test that takes part in a barrier, and reports how it left: the counterpart of ``ThreadParticipant``.
///
/// It starts at once, on an executor of its own unless it is given one, for the threads of the default pool may all
/// be busy with other tests. ``result`` waits for it, and so does letting go of it: no task outlives its test. While
/// it runs, the ``Watchdog`` has an eye on it.
final class TaskParticipant<Value: Sendable>: Sendable {
  private let task: Task<Void, Never>
  private let completion = Completion<Value>()
  private let executor: any TaskExecutor

  init(
    _ name: String = "task", at barrier: ThreadBarrier? = nil, on executor: any TaskExecutor = ThreadPerJob(),
    limit: Duration = Limits.patience, sourceLocation: SourceLocation = #_sourceLocation,
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

  /// What the task's body returned or threw. Blocks until it has left.
  var result: Result<Value, any Error> { completion.result }

  /// The same, for a test that is a task itself.
  func left() async -> Result<Value, any Error> {
    await task.value
    return completion.result
  }

  var hasLeft: Bool { completion.hasLeft }

  /// Waits until the task is suspended. Only on an executor of its own.
  func fallsAsleep(sourceLocation: SourceLocation = #_sourceLocation) {
    let executor = executor as! ThreadPerJob
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
    let watch = Watchdog.Watch(name, at: barrier, limit: Limits.patience, sourceLocation: sourceLocation)
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

  func fallsAsleep(sourceLocation: SourceLocation = #_sourceLocation) {
    eventually(sourceLocation: sourceLocation) {
      threadNumber.now >= 0 && isAsleep(threadNumber: threadNumber.now)
    }
  }
}

/// How a party left, once it has.
private final class Completion<Value: Sendable>: Sendable {
  private let results = Notes<Result<Value, any Error>>()
  private let isOver = DispatchSemaphore(value: 0)

  func leave(with result: Result<Value, any Error>) {
    results.add(result)
    isOver.signal()
  }

  var hasLeft: Bool { !results.all.isEmpty }

  var result: Result<Value, any Error> {
    isOver.wait()
    isOver.signal()  // for the next who asks
    return results.all[0]
  }
}
