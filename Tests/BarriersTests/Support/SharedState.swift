import Foundation
import Synchronization
import Testing

/// Blocks threads until it is opened: for actions that hang for a while, and for a common start.
final class Gate: Sendable {
  private let isOpen = Atomic(false)
  private let arrivalCount = Atomic(0)

  /// How many threads have reached the gate, whether or not it is open.
  var arrivals: Int { arrivalCount.load(ordering: .acquiring) }

  func pass() {
    arrivalCount.add(1, ordering: .acquiringAndReleasing)
    eventually { isOpen.load(ordering: .acquiring) }
  }

  func open() {
    isOpen.store(true, ordering: .releasing)
  }
}

/// A list that several threads append to.
final class SharedLog<Entry: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private var entries: [Entry] = []  // guarded by `lock`

  var all: [Entry] { lock.withLock { entries } }

  func add(_ entry: Entry) {
    lock.withLock { entries.append(entry) }
  }
}

/// An integer that several threads change.
final class Counter: Sendable {
  private let number: Atomic<Int>

  init(_ start: Int = 0) { number = Atomic(start) }

  var now: Int { number.load(ordering: .acquiring) }

  /// Adds `step`, and returns the sum.
  @discardableResult
  func add(_ step: Int = 1) -> Int {
    number.add(step, ordering: .acquiringAndReleasing).newValue
  }
}
