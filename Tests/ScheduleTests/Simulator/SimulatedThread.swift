import CBarriers
import Dispatch

/// A thread of a ``Simulator``.
final class SimulatedThread: @unchecked Sendable, CustomStringConvertible {
  enum Status: Equatable {
    case ready
    /// Goes on when a mutex is unlocked, a task's status is free, a continuation was resumed, or a thread has ended.
    case blocked(Obstacle)
    /// Sleeps at a condition.
    case asleep(deadline: UInt64?)
    /// Has seen all that was written until then.
    case polling(since: Int)
    case finished
  }

  enum Obstacle { case mutex, taskStatus, suspension, thread }

  let name: String
  let number: Int
  unowned let simulator: Simulator
  /// Whoever gives it lets this thread go on.
  let baton = DispatchSemaphore(value: 0)
  var status = Status.ready
  var knows = VectorClock()
  var locksHeld = 0
  /// The task that it runs, if that is what it does.
  var task: SimulatedTask?
  /// The call of a ``Meeting`` in which it is.
  var call: Int?
  /// The word of thread-local storage that CBarriers keeps.
  var word: UnsafeMutableRawPointer?

  init(_ name: String, number: Int, on simulator: Simulator) {
    (self.name, self.number, self.simulator) = (name, number, simulator)
    knows[number] = 1
  }

  var description: String { "\(name): \(status)\(locksHeld > 0 ? ", holds a lock" : "")" }

  func canGoOn(_ writes: Int) -> Bool {
    switch status {
    case .ready: true
    case .polling(let since): writes != since
    case .blocked, .asleep, .finished: false
    }
  }

  var isAsleep: Bool { if case .asleep = status { true } else { false } }

  var deadline: UInt64? { if case .asleep(let deadline) = status { deadline } else { nil } }

  /// The simulated thread that this thread of the system is; `nil` outside of a simulator.
  static var current: SimulatedThread? {
    get { CBarriers.cbarriers_tls_get().map { Unmanaged.fromOpaque($0).takeUnretainedValue() } }
    set { CBarriers.cbarriers_tls_set(newValue.map { Unmanaged.passUnretained($0).toOpaque() }) }
  }

  static var running: SimulatedThread {
    guard let current else { fatalError("only a simulated thread can do this") }
    return current
  }
}
