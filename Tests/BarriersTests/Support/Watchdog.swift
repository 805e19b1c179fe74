import Foundation
import Testing

@testable import Barriers

/// Ends the process when a party does not leave in time, and names the party.
///
/// A thread that hangs cannot be freed: with a time limit on the test alone, the run would hang forever. So
/// the watchdog writes to standard error which parties are stuck, where they were started and a snapshot of
/// their barrier, then exits.
final class Watchdog: @unchecked Sendable {
  static let shared = Watchdog()

  struct Watch: Sendable {
    let name: String
    let location: String
    let barrier: ThreadBarrier?
    let deadline: ContinuousClock.Instant

    init(_ name: String, at barrier: ThreadBarrier?, limit: Duration, sourceLocation: SourceLocation) {
      self.name = name
      self.barrier = barrier
      location = "\(Test.current?.name ?? "a test"), \(sourceLocation.fileID):\(sourceLocation.line)"
      deadline = .now + limit
    }

    func sharesBarrier(with other: Watch) -> Bool {
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
        checkDeadlines()
      }
    }
  }

  /// Runs the body of a party, which must return in time.
  func during(_ watch: Watch, _ body: () -> Void) {
    let number = begin(watch)
    body()
    end(number)
  }

  /// Starts to watch a party that no single call encloses, such as a task. Returns a number for ``end(_:)``.
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

  private func checkDeadlines() {
    let now = ContinuousClock.now
    let all = lock.withLock { watches.sorted { $0.key < $1.key }.map(\.value) }
    let late = all.filter { $0.deadline < now }
    guard !late.isEmpty else { return }
    // Parties at the same barrier are stuck too, although not yet for as long.
    report(
      all.filter { watch in
        late.contains { $0.location == watch.location || $0.sharesBarrier(with: watch) }
      })
  }

  private func report(_ stuck: [Watch]) -> Never {
    alarm(5)  // Ends the process if the snapshots below hang.
    print("The tests hang. \(stuck.count) parties do not leave:")
    for watch in stuck {
      print("  stuck: \(watch.name), of \(watch.location)")
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
