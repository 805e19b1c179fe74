import Synchronization

// Shared memory, as the simulator has it. The library's sources find this `Atomic` before that of `Synchronization`.

/// An atomic that remembers its older values, for a load may still see those: any that is not older than one that the
/// thread has seen before, or knows to have been replaced. So an ordering that is too weak shows, on a processor that
/// would never reorder anything.
///
/// What C++ and Swift allow beyond that is not simulated: loads that see values from the future, and stores that change
/// places with each other.
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
    guard location.latest == expected, !location.failsForNoReason() else {
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

/// Memory that is not atomic, for tests: two accesses of which one writes must not happen at the same time.
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
      lastReads[thread.number] = thread.knows[thread.number]
      return content
    }
    set {
      let thread = SimulatedThread.running
      check(thread, after: lastWrite)
      for other in thread.simulator.threads { check(thread, after: (other.number, lastReads[other.number])) }
      lastWrite = (thread.number, thread.knows[thread.number])
      content = newValue
    }
  }

  private func check(_ thread: SimulatedThread, after access: (thread: Int, step: UInt32)) {
    if thread.knows[access.thread] < access.step {
      thread.simulator.fail(
        "Data race: \(thread.name) does not know what \(thread.simulator.threads[access.thread].name) did before."
      )
    }
  }
}

private final class Location<Value: Equatable>: @unchecked Sendable {
  private struct Write {
    let value: Value
    let thread: Int
    let step: UInt32
    /// What a thread knows that acquires this value.
    let released: VectorClock
  }

  private let name: String
  /// The simulator on which it was used last.
  private var simulator: Int?
  /// Oldest first.
  private var writes: [Write]
  /// The number of the first of them.
  private var first = 0
  /// The number of the write that each thread has seen last.
  private var seen: [Int] = []

  /// Nobody sees values that are older than this many.
  private static var memory: Int { 6 }

  init(_ value: Value, name: String) {
    self.name = name
    simulator = SimulatedThread.current?.simulator.number
    writes = [Self.first(value)]
  }

  /// Seen by all: whoever has the location at all has it from the thread that made it.
  private static func first(_ value: Value) -> Write {
    Write(value: value, thread: 0, step: 0, released: VectorClock())
  }

  var latest: Value { writes.last!.value }

  func step(_ what: @autoclosure () -> String) {
    guard let thread = SimulatedThread.current else { return }
    thread.simulator.step("\(what()) \(name)")
    // A location that is older than this execution: of its history only the last value is left.
    if simulator != thread.simulator.number {
      simulator = thread.simulator.number
      writes = [Self.first(latest)]
      (first, seen) = (0, [])
    }
  }

  func load(acquires: Bool) -> Value {
    guard let thread = SimulatedThread.current else { return latest }
    let oldest = oldestVisible(to: thread)
    let newest = first + writes.count - 1
    let number = newest - (oldest == newest ? 0 : thread.simulator.schedule.age(upTo: newest - oldest))
    return read(number, thread, acquires: acquires)
  }

  func loadLatest(acquires: Bool) -> Value {
    guard let thread = SimulatedThread.current else { return latest }
    return read(first + writes.count - 1, thread, acquires: acquires)
  }

  private func read(_ number: Int, _ thread: SimulatedThread, acquires: Bool) -> Value {
    let write = writes[number - first]
    see(number, thread)
    if acquires { thread.knows.join(write.released) }
    return write.value
  }

  func store(_ value: Value, releases: Bool) {
    write(value, releases: releases, continuing: VectorClock())
  }

  func update(_ ordering: AtomicUpdateOrdering, _ change: (Value) -> Value) -> Value {
    let old = loadLatest(acquires: ordering == .acquiring || ordering == .acquiringAndReleasing)
    // Whoever acquires the new value acquires what was released with the old one too.
    write(
      change(old), releases: ordering == .releasing || ordering == .acquiringAndReleasing,
      continuing: writes.last!.released)
    return old
  }

  func failsForNoReason() -> Bool {
    SimulatedThread.current?.simulator.schedule.fails() ?? false
  }

  private func write(_ value: Value, releases: Bool, continuing: VectorClock) {
    guard let thread = SimulatedThread.current else {
      writes = [Self.first(value)]
      return
    }
    var released = continuing
    if releases { released.join(thread.knows) }
    writes.append(
      Write(value: value, thread: thread.number, step: thread.knows[thread.number], released: released))
    if writes.count > Self.memory {
      writes.removeFirst()
      first += 1
    }
    see(first + writes.count - 1, thread)
    thread.simulator.wrote()
  }

  private func see(_ number: Int, _ thread: SimulatedThread) {
    while seen.count <= thread.number { seen.append(0) }
    seen[thread.number] = number
  }

  /// The oldest value that the thread may read: not older than the last that it has seen, nor than one of which it knows.
  private func oldestVisible(to thread: SimulatedThread) -> Int {
    let known = writes.lastIndex { thread.knows[$0.thread] >= $0.step } ?? 0
    let last = thread.number < seen.count ? seen[thread.number] : 0
    return max(first + known, last)
  }
}
