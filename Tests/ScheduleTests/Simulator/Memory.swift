import Synchronization

// Simulated shared memory. The library's sources resolve `Atomic` to this type, not to that of
// `Synchronization`.

/// An atomic that keeps its older values, because a load may still return one of them: any value that is
/// not older than the one that the thread observed last, or than one whose replacement happens before the
/// load. So a memory ordering that is too weak shows even on a processor that would never reorder anything.
///
/// C++ and Swift allow more than this: loads that return values from the future, and reordered stores.
/// Neither is simulated.
@safe struct Atomic<Value: Equatable>: ~Copyable, @unchecked Sendable {
  private let location: Location<Value>

  init(_ value: Value, file: StaticString = #fileID, line: UInt = #line) {
    location = Location(value, name: "\(file):\(line)".split(separator: "/").last.map(String.init) ?? "")
  }

  func load(ordering: AtomicLoadOrdering) -> Value {
    location.step("loads")
    return location.load(acquires: ordering == .acquiring)
  }

  func store(_ value: Value, ordering: AtomicStoreOrdering) {
    location.step("stores \(value) in")
    location.store(value, releases: ordering == .releasing)
  }

  func exchange(_ value: Value, ordering: AtomicUpdateOrdering) -> Value {
    location.step("exchanges")
    return location.update(ordering) { _ in value }
  }

  func weakCompareExchange(
    expected: Value, desired: Value, successOrdering: AtomicUpdateOrdering,
    failureOrdering: AtomicLoadOrdering
  ) -> (exchanged: Bool, original: Value) {
    location.step("compares and exchanges")
    guard location.latest == expected, !location.failsSpuriously() else {
      return (false, location.loadLatest(acquires: failureOrdering == .acquiring))
    }
    return (true, location.update(successOrdering) { _ in desired })
  }
}

extension Atomic where Value: FixedWidthInteger {
  @discardableResult
  func wrappingAdd(_ operand: Value, ordering: AtomicUpdateOrdering) -> (oldValue: Value, newValue: Value) {
    location.step("adds \(operand) to")
    let old = location.update(ordering) { $0 &+ operand }
    return (old, old &+ operand)
  }
}

/// Non-atomic memory for tests: a data race on it fails the execution. Two accesses race if one of them
/// writes and neither happens before the other.
final class Plain<Value>: @unchecked Sendable {
  private var content: Value
  private var lastWrite: (thread: Int, step: UInt32) = (0, 0)
  private var lastReads = VectorClock()

  init(_ value: Value) {
    content = value
  }

  var value: Value {
    get {
      let thread = SimulatedThread.running
      check(thread, after: lastWrite)
      lastReads[thread.number] = thread.clock[thread.number]
      return content
    }
    set {
      let thread = SimulatedThread.running
      check(thread, after: lastWrite)
      for other in thread.simulator.threads { check(thread, after: (other.number, lastReads[other.number])) }
      lastWrite = (thread.number, thread.clock[thread.number])
      content = newValue
    }
  }

  private func check(_ thread: SimulatedThread, after access: (thread: Int, step: UInt32)) {
    if thread.clock[access.thread] < access.step {
      let other = thread.simulator.threads[access.thread]
      thread.simulator.fail(
        "Data race: the access of \(thread.name) is unordered with an earlier one of \(other.name).")
    }
  }
}

private final class Location<Value: Equatable>: @unchecked Sendable {
  private struct Write {
    let value: Value
    let thread: Int
    let step: UInt32
    /// Joins the clock of a thread that acquires this value.
    let released: VectorClock
  }

  private let name: String
  /// The simulator of the latest access.
  private var simulator: Int?
  /// Oldest first.
  private var writes: [Write]
  /// The number of `writes[0]`.
  private var firstNumber = 0
  /// For each thread, the number of the write that it observed last.
  private var lastObserved: [Int] = []

  /// How many values are kept: no load returns an older one.
  private static var historyLimit: Int { 6 }

  init(_ value: Value, name: String) {
    self.name = name
    simulator = SimulatedThread.current?.simulator.number
    writes = [Self.initialWrite(value)]
  }

  /// Happens before every access: a thread can only get the location from the thread that created it.
  private static func initialWrite(_ value: Value) -> Write {
    Write(value: value, thread: 0, step: 0, released: VectorClock())
  }

  var latest: Value { writes.last!.value }

  func step(_ what: @autoclosure () -> String) {
    guard let thread = SimulatedThread.current else { return }
    thread.simulator.step("\(what()) \(name)")
    // The location is older than this execution: of its history only the latest value is kept.
    if simulator != thread.simulator.number {
      simulator = thread.simulator.number
      writes = [Self.initialWrite(latest)]
      (firstNumber, lastObserved) = (0, [])
    }
  }

  func load(acquires: Bool) -> Value {
    guard let thread = SimulatedThread.current else { return latest }
    let oldest = oldestVisible(to: thread)
    let newest = firstNumber + writes.count - 1
    let staleness = oldest == newest ? 0 : thread.simulator.schedule.staleness(upTo: newest - oldest)
    return read(newest - staleness, thread, acquires: acquires)
  }

  func loadLatest(acquires: Bool) -> Value {
    guard let thread = SimulatedThread.current else { return latest }
    return read(firstNumber + writes.count - 1, thread, acquires: acquires)
  }

  private func read(_ number: Int, _ thread: SimulatedThread, acquires: Bool) -> Value {
    let write = writes[number - firstNumber]
    observe(number, thread)
    if acquires { thread.clock.join(write.released) }
    return write.value
  }

  func store(_ value: Value, releases: Bool) {
    write(value, releases: releases, continuing: VectorClock())
  }

  func update(_ ordering: AtomicUpdateOrdering, _ change: (Value) -> Value) -> Value {
    let old = loadLatest(acquires: ordering == .acquiring || ordering == .acquiringAndReleasing)
    // A release sequence: to acquire the new value also acquires what was released with the old one.
    write(
      change(old), releases: ordering == .releasing || ordering == .acquiringAndReleasing,
      continuing: writes.last!.released)
    return old
  }

  func failsSpuriously() -> Bool {
    SimulatedThread.current?.simulator.schedule.injectsFailure() ?? false
  }

  private func write(_ value: Value, releases: Bool, continuing: VectorClock) {
    guard let thread = SimulatedThread.current else {
      writes = [Self.initialWrite(value)]
      return
    }
    var released = continuing
    if releases { released.join(thread.clock) }
    writes.append(
      Write(value: value, thread: thread.number, step: thread.clock[thread.number], released: released))
    if writes.count > Self.historyLimit {
      writes.removeFirst()
      firstNumber += 1
    }
    observe(firstNumber + writes.count - 1, thread)
    thread.simulator.noteWrite()
  }

  private func observe(_ number: Int, _ thread: SimulatedThread) {
    while lastObserved.count <= thread.number { lastObserved.append(0) }
    lastObserved[thread.number] = number
  }

  /// The number of the oldest write that the thread may read: not older than the one that it observed last,
  /// nor than the latest that happens before this load.
  private func oldestVisible(to thread: SimulatedThread) -> Int {
    let ordered = writes.lastIndex { thread.clock[$0.thread] >= $0.step } ?? 0
    let observed = thread.number < lastObserved.count ? lastObserved[thread.number] : 0
    return max(firstNumber + ordered, observed)
  }
}
