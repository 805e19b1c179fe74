import Barriers
import Dispatch
import Foundation
import Synchronization

/// Running threads, to be joined.
struct StartedThreads<Value: Sendable>: Sendable {
  fileprivate let running = DispatchGroup()
  fileprivate let results: Results<Value>

  /// Waits until all have ended.
  ///
  /// - Returns: The result of each thread, by index.
  func joinAll() -> [Result<Value, any Error>] {
    running.wait()
    return results.all
  }

  /// Waits until all have ended.
  ///
  /// - Returns: What the threads returned, by index.
  /// - Throws: The first error by index. A `BrokenBarrierError` counts only if there is no other error,
  ///   because it only follows from one.
  @discardableResult
  func join() throws -> [Value] {
    let results = joinAll()
    let causes = results.lazy.compactMap(\.error).filter { !($0 is BrokenBarrierError) }
    if let cause = causes.first { throw cause }
    return try results.map { try $0.get() }
  }
}

/// Starts threads that run `body`, each with its index, and names them "worker 0", "worker 1" and so on.
func startThreads<Value: Sendable>(
  _ count: Int, named name: String, _ body: @escaping @Sendable (_ index: Int) throws -> Value
) -> StartedThreads<Value> {
  let threads = StartedThreads(results: Results<Value>(count: count))
  for index in 0..<count {
    threads.running.enter()
    let thread = Thread {
      threads.results.record(index) { try body(index) }
      threads.running.leave()
    }
    thread.name = "\(name) \(index)"
    thread.start()
  }
  return threads
}

/// The results of several threads or work items. Each of them records its own.
final class Results<Value: Sendable>: Sendable {
  private final class Slot: Sendable {
    let content = AtomicLazyReference<Content>()
  }

  private final class Content: Sendable {
    let result: Result<Value, any Error>
    init(_ result: Result<Value, any Error>) { self.result = result }
  }

  private let slots: [Slot]

  init(count: Int) {
    slots = (0..<count).map { _ in Slot() }
  }

  /// Runs `body` and records what it returns or throws. Call it once for each index.
  func record(_ index: Int, _ body: () throws -> Value) {
    _ = slots[index].content.storeIfNil(Content(Result(catching: body)))
  }

  /// The results by index, after all are recorded.
  var all: [Result<Value, any Error>] {
    slots.map { slot in
      guard let content = slot.content.load() else { preconditionFailure("a result is not recorded yet") }
      return content.result
    }
  }
}

extension Result {
  /// The error, if this is a failure.
  var error: Failure? {
    if case .failure(let error) = self { error } else { nil }
  }
}

/// Checks a condition again and again until it holds, for ten seconds at most.
func poll(for state: String, until condition: () -> Bool) throws {
  let deadline = ContinuousClock.now + .seconds(10)
  while !condition() {
    if ContinuousClock.now > deadline { throw ExampleFailure("timed out after 10 s, waiting for \(state)") }
    sched_yield()
  }
}
