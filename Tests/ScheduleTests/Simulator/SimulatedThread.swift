import CBarriers
import Dispatch

/// A thread of a ``Simulator``.
final class SimulatedThread: @unchecked Sendable, CustomStringConvertible {
  enum Status: Equatable {
    case ready
    /// Cannot run until a mutex is unlocked, a task's status lock is free, a continuation is resumed, or a
    /// thread ends.
    case blocked(BlockReason)
    /// Sleeps at a condition.
    case asleep(deadline: UInt64?)
    /// Spins, and has observed this many writes: only the next can change what it waits for.
    case spinning(sinceWrite: Int)
    case finished
  }

  enum BlockReason { case mutex, taskStatus, suspension, thread }

  let name: String
  let number: Int
  unowned let simulator: Simulator
  /// Signaled to let this thread run.
  let permit = DispatchSemaphore(value: 0)
  var status = Status.ready
  var clock = VectorClock()
  var locksHeld = 0
  /// The task that this thread runs, if any.
  var task: SimulatedTask?
  /// The call of a ``RecordedBarrier`` that this thread is in.
  var call: Int?
  /// The word of thread-local storage that CBarriers keeps.
  var word: UnsafeMutableRawPointer?

  init(_ name: String, number: Int, on simulator: Simulator) {
    (self.name, self.number, self.simulator) = (name, number, simulator)
    clock[number] = 1
  }

  var description: String { "\(name): \(status)\(locksHeld > 0 ? ", holds a lock" : "")" }

  func isRunnable(writes: Int) -> Bool {
    switch status {
    case .ready: true
    case .spinning(let since): writes != since
    case .blocked, .asleep, .finished: false
    }
  }

  var isAsleep: Bool { if case .asleep = status { true } else { false } }

  var isSpinning: Bool { if case .spinning = status { true } else { false } }

  var deadline: UInt64? { if case .asleep(let deadline) = status { deadline } else { nil } }

  /// The simulated thread that the calling system thread runs; `nil` outside of a simulator.
  static var current: SimulatedThread? {
    get { CBarriers.cbarriers_tls_get().map { Unmanaged.fromOpaque($0).takeUnretainedValue() } }
    set { CBarriers.cbarriers_tls_set(newValue.map { Unmanaged.passUnretained($0).toOpaque() }) }
  }

  static var running: SimulatedThread {
    guard let current else { fatalError("only a simulated thread can do this") }
    return current
  }
}
