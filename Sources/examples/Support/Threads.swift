import Barriers
import Dispatch
import Foundation
import Synchronization

/// Threads that run and will be joined.
struct StartedThreads<Value: Sendable>: Sendable {
  fileprivate let running = DispatchGroup()
  fileprivate let results: Results<Value>

  /// Waits until all have ended.
  ///
  /// - Returns: How each of them left, by index.
  func joinAll() -> [Result<Value, any Error>] {
    running.wait()
    return results.all
  }

  /// Waits until all have ended.
  ///
  /// - Returns: What they returned, by index.
  /// - Throws: The first error, where one that says what went wrong goes before a `BrokenBarrierError`, which
  ///   only follows from it.
  @discardableResult
  func join() throws -> [Value] {
    let results = joinAll()
    let causes = results.lazy.compactMap(\.error).filter { !($0 is BrokenBarrierError) }
    if let cause = causes.first { throw cause }
    return try results.map { try $0.get() }
  }
}

/// Starts threads that run `body`, each with its index, under the names "worker 0", "worker 1" and so on.
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

/// How each of several threads or work items left: every one of them records its own.
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

  /// Runs `body` and keeps what it returns or throws. Once for each index.
  func record(_ index: Int, _ body: () throws -> Value) {
    _ = slots[index].content.storeIfNil(Content(Result(catching: body)))
  }

  /// By index, once all are recorded.
  var all: [Result<Value, any Error>] {
    slots.map { slot in
      guard let content = slot.content.load() else { preconditionFailure("not all have recorded a result") }
      return content.result
    }
  }
}

extension Result {
  /// What it failed with.
  var error: Failure? {
    if case .failure(let error) = self { error } else { nil }
  }
}

/// Looks again and again until `isSo`, at most for ten seconds: for those who watch a barrier from outside.
func poll(for state: String, until isSo: () -> Bool) throws {
  let deadline = ContinuousClock.now + .seconds(10)
  while !isSo() {
    if ContinuousClock.now > deadline { throw ExampleFailure("waited 10 s in vain for: \(state)") }
    sched_yield()
  }
}
