import Foundation
import Synchronization
import Testing

/// A gate that threads wait at until it is opened: for actions that hang for a while, and for a common start.
final class Gate: Sendable {
  private let isOpen = Atomic(false)
  private let arrivals = Atomic(0)

  /// How many have come to the gate, whether or not it is open.
  var visitors: Int { arrivals.load(ordering: .acquiring) }

  func pass() {
    arrivals.add(1, ordering: .acquiringAndReleasing)
    eventually { isOpen.load(ordering: .acquiring) }
  }

  func open() {
    isOpen.store(true, ordering: .releasing)
  }
}

/// What several threads wrote down, in order.
final class Notes<Note: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private var notes: [Note] = []  // guarded by `lock`

  var all: [Note] { lock.withLock { notes } }

  func add(_ note: Note) {
    lock.withLock { notes.append(note) }
  }
}

/// A number that several threads change.
final class Counter: Sendable {
  private let number: Atomic<Int>

  init(_ start: Int = 0) { number = Atomic(start) }

  var now: Int { number.load(ordering: .acquiring) }

  /// Adds to it, and answers with the sum.
  @discardableResult
  func add(_ step: Int = 1) -> Int {
    number.add(step, ordering: .acquiringAndReleasing).newValue
  }
}
