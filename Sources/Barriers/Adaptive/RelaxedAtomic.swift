import Synchronization

/// A number that many read and that is seldom changed. Relaxed: it says how to wait, not what has happened.
struct RelaxedAtomic: ~Copyable, Sendable {
  private let atomic: Atomic<UInt64>

  init(_ value: UInt64) {
    atomic = Atomic(value)
  }

  var value: UInt64 { atomic.load(ordering: .relaxed) }

  func storeIfChanged(_ value: UInt64) {
    // Writing what is there already would take the cache line from all who read it.
    if self.value != value { atomic.store(value, ordering: .relaxed) }
  }
}

/// The same for a truth value.
struct RelaxedFlag: ~Copyable, Sendable {
  private let atomic: Atomic<Bool>

  init(_ value: Bool) {
    atomic = Atomic(value)
  }

  var value: Bool { atomic.load(ordering: .relaxed) }

  func storeIfChanged(_ value: Bool) {
    if self.value != value { atomic.store(value, ordering: .relaxed) }
  }
}
