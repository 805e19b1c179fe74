import CBarriers
import Foundation

// The functions of CBarriers, simulated. The library's sources resolve to these before the C module's.

/// A mutex and a condition variable.
final class SimulatedMonitor {
  private unowned let simulator: Simulator
  private var owner: SimulatedThread?
  private var sleepers: [SimulatedThread] = []
  /// The clock of the last unlock.
  private var clock = VectorClock()
  private(set) var isDestroyed = false

  init(on simulator: Simulator) {
    self.simulator = simulator
  }

  func lock() {
    let thread = SimulatedThread.running
    simulator.step("locks")
    if owner === thread { simulator.fail("\(thread.name) locks a mutex that it holds") }
    acquire(thread)
  }

  private func acquire(_ thread: SimulatedThread) {
    while owner != nil { simulator.block(.blocked(.mutex)) }
    owner = thread
    thread.locksHeld += 1
    thread.clock.join(clock)
  }

  /// Not a step: no other thread can observe whether its own step came before or after this.
  func unlock() {
    let thread = SimulatedThread.running
    if owner !== thread { simulator.fail("\(thread.name) unlocks a mutex that it does not hold") }
    owner = nil
    thread.locksHeld -= 1
    clock.join(thread.clock)
    thread.clock[thread.number] += 1
    simulator.makeReady(.mutex)
  }

  func wait(for nanoseconds: UInt64?) {
    let thread = SimulatedThread.running
    simulator.step(nanoseconds.map { "sleeps for \($0) ns" } ?? "sleeps")
    unlock()
    sleepers.append(thread)
    simulator.block(.asleep(deadline: nanoseconds.map { simulator.now + $0 }))
    sleepers.removeAll { $0 === thread }
    if isDestroyed { simulator.fail("\(thread.name) slept at a monitor that has been destroyed") }
    acquire(thread)
  }

  func broadcast() {
    simulator.step("wakes all")
    for thread in sleepers where thread.isAsleep { thread.status = .ready }
  }

  func destroy() {
    if owner != nil || !sleepers.isEmpty { simulator.fail("a monitor is destroyed while it is in use") }
    isDestroyed = true
  }
}

private func monitor(_ address: UnsafeMutablePointer<cbarriers_monitor>) -> SimulatedMonitor {
  SimulatedThread.running.simulator.monitor(at: address)
}

// Outside of a simulated thread, monitors are created and destroyed without being simulated.

func cbarriers_monitor_init(_ address: UnsafeMutablePointer<cbarriers_monitor>) -> Int32 {
  SimulatedThread.current?.simulator.removeMonitor(at: address)
  return 0
}

func cbarriers_monitor_destroy(_ address: UnsafeMutablePointer<cbarriers_monitor>) -> Int32 {
  SimulatedThread.current?.simulator.monitor(at: address).destroy()
  return 0
}

func cbarriers_monitor_lock(_ address: UnsafeMutablePointer<cbarriers_monitor>) -> Int32 {
  guard SimulatedThread.current != nil else { return 0 }
  monitor(address).lock()
  return 0
}

func cbarriers_monitor_unlock(_ address: UnsafeMutablePointer<cbarriers_monitor>) -> Int32 {
  guard SimulatedThread.current != nil else { return 0 }
  monitor(address).unlock()
  return 0
}

func cbarriers_monitor_wait(_ address: UnsafeMutablePointer<cbarriers_monitor>) -> Int32 {
  monitor(address).wait(for: nil)
  return 0
}

func cbarriers_monitor_wait_for(
  _ address: UnsafeMutablePointer<cbarriers_monitor>, _ nanoseconds: UInt64
) -> Int32 {
  monitor(address).wait(for: nanoseconds)
  return 0
}

func cbarriers_monitor_unlock_and_broadcast(_ address: UnsafeMutablePointer<cbarriers_monitor>) -> Int32 {
  guard SimulatedThread.current != nil else { return 0 }
  let monitor = monitor(address)
  monitor.unlock()
  monitor.broadcast()
  return 0
}

struct cbarriers_thread {
  fileprivate var thread: SimulatedThread?
}

func cbarriers_thread_start(
  _ name: UnsafePointer<CChar>, _ run: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Void,
  _ argument: UnsafeMutableRawPointer?, _ thread: UnsafeMutablePointer<cbarriers_thread>
) -> Int32 {
  let simulator = SimulatedThread.running.simulator
  simulator.step("starts a thread")
  if simulator.threadStartMayFail, simulator.schedule.injectsFailure() { return EAGAIN }
  nonisolated(unsafe) let argument = argument
  thread.pointee.thread = simulator.start(String(cString: name)) { run(argument) }
  return 0
}

func cbarriers_thread_start_detached(
  _ name: UnsafePointer<CChar>, _ run: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Void,
  _ argument: UnsafeMutableRawPointer?
) -> Int32 {
  var detached = cbarriers_thread()
  return cbarriers_thread_start(name, run, argument, &detached)
}

func cbarriers_thread_join(_ thread: cbarriers_thread) -> Int32 {
  let (running, joined) = (SimulatedThread.running, thread.thread!)
  running.simulator.step("joins \(joined.name)")
  while joined.status != .finished { running.simulator.block(.blocked(.thread)) }
  running.clock.join(joined.clock)
  return 0
}

func cbarriers_tls_get() -> UnsafeMutableRawPointer? {
  SimulatedThread.current?.word
}

func cbarriers_tls_set(_ word: UnsafeMutableRawPointer?) {
  SimulatedThread.running.word = word
}

func cbarriers_nanoseconds() -> UInt64 {
  let simulator = SimulatedThread.running.simulator
  simulator.step("reads the clock")
  return simulator.readClock()
}

/// Not a step: only reports show this time.
func cbarriers_coarse_nanoseconds() -> UInt64 {
  SimulatedThread.current?.simulator.now ?? 0
}

func cbarriers_pause() {
  SimulatedThread.running.simulator.spinHint("pauses")
}

func cbarriers_yield() {
  SimulatedThread.running.simulator.spinHint("yields")
}

func cbarriers_quota(_ memberships: UnsafePointer<CChar>, _ hierarchies: UnsafePointer<CChar>) -> Int32 {
  .max
}

func cbarriers_usable_processors(_ quota: Int32) -> Int32 {
  Int32((SimulatedThread.current?.simulator ?? Simulator.underConstruction)!.processors)
}
