import Foundation
import Testing

@testable import Barriers

/// Ends the process when a party does not leave in time, and says who it was.
///
/// A thread that hangs cannot be freed: the time limit of a test would let the run stand still for ever. So this
/// reports on standard error which parties are stuck, where they were started and what their barrier says, and
/// exits.
final class Watchdog: @unchecked Sendable {
  static let shared = Watchdog()

  struct Watch: Sendable {
    let name: String
    let place: String
    let barrier: ThreadBarrier?
    let deadline: ContinuousClock.Instant

    init(_ name: String, at barrier: ThreadBarrier?, limit: Duration, sourceLocation: SourceLocation) {
      self.name = name
      self.barrier = barrier
      place = "\(Test.current?.name ?? "a test"), \(sourceLocation.fileID):\(sourceLocation.line)"
      deadline = .now + limit
    }

    func isWith(_ other: Watch) -> Bool {
      barrier != nil && barrier === other.barrier
    }
  }

  private let lock = NSLock()
  private var watches: [Int: Watch] = [:]  // guarded by `lock`
  private var nextNumber = 0  // guarded by `lock`

  private init() {
    Thread.detachNewThread { [unowned self] in
      while true {
        usleep(50_000)
        lookAround()
      }
    }
  }

  /// Runs the body of a party, which must be over in time.
  func during(_ watch: Watch, _ body: () -> Void) {
    let number = begin(watch)
    body()
    end(number)
  }

  /// Begins to watch a party that no single call encloses, such as a task. Answers with a number for ``end(_:)``.
  func begin(_ watch: Watch) -> Int {
    lock.withLock {
      nextNumber += 1
      watches[nextNumber] = watch
      return nextNumber
    }
  }

  func end(_ number: Int) {
    lock.withLock { watches[number] = nil }
  }

  private func lookAround() {
    let now = ContinuousClock.now
    let all = lock.withLock { watches.sorted { $0.key < $1.key }.map(\.value) }
    let late = all.filter { $0.deadline < now }
    guard !late.isEmpty else { return }
    // Those at the same barriers are stuck with them, if only for less time.
    report(all.filter { watch in late.contains { $0.place == watch.place || $0.isWith(watch) } })
  }

  private func report(_ stuck: [Watch]) -> Never {
    alarm(5)  // Ends the process if even the reports hang.
    print("The tests hang. \(stuck.count) of the parties do not leave:")
    for watch in stuck {
      print("  stuck: \(watch.name), of \(watch.place)")
    }
    for watch in stuck {
      if let barrier = watch.barrier { print("  \(watch.name) is at \(barrier.snapshot())") }
    }
    _exit(EXIT_FAILURE)
  }

  private func print(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }
}
