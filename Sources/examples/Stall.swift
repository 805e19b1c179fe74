import Barriers
import Foundation

/// Parties that wait in vain, and a report that says why.
///
/// `reportStalls` costs nothing while all goes well. Without touching the code, the environment variable
/// `BARRIERS_STALL_SECONDS=5` does the same for all barriers of a process, on standard error.
func stallExample() throws {
  try blockTheCooperativePool()
  try waitForAMemberThatIsElsewhere()
}

/// The classic mistake: tasks that block. The compiler refuses `wait()` in an `async` function, but does not see through a
/// synchronous one.
private func blockTheCooperativePool() throws {
  // One more than there are threads for tasks.
  let parties = ProcessInfo.processInfo.activeProcessorCount + 1
  let barrier = ThreadBarrier(parties: parties, label: "load")
  let reports = Results<BarrierSnapshot>(count: 1)
  barrier.reportStalls(after: .milliseconds(200)) { [weak barrier] snapshot in
    reports.record(0) { snapshot }
    barrier?.abort()
  }
  let tasks = DispatchGroup()
  for _ in 0..<parties {
    tasks.enter()
    Task.detached {
      meet(at: barrier)
      tasks.leave()
    }
  }
  tasks.wait()

  let snapshot = try reports.all[0].get()
  sayIndented(snapshot)
  try check(snapshot.missingCount >= 1, "not all tasks had a thread")
  try check(snapshot.likelyCause?.contains("Swift's cooperative pool") == true, "the report names the pool")
}

private func meet(at barrier: ThreadBarrier) {
  _ = try? barrier.wait()
}

/// A member that is somewhere else: here it waits for a signal that only the report gives.
private func waitForAMemberThatIsElsewhere() throws {
  let signal = DispatchSemaphore(value: 0)
  let reports = Results<BarrierSnapshot>(count: 1)
  try withThreadTeam(size: 4, label: "render") { member in
    if member.index == 0 {
      member.barrier.reportStalls(after: .milliseconds(200)) { snapshot in
        reports.record(0) { snapshot }
        signal.signal()
      }
    }
    if member.index == 2 { signal.wait() }
    try member.wait()
  }

  let snapshot = try reports.all[0].get()
  sayIndented(snapshot)
  try check(snapshot.missing == ["render 2"], "the report names the member that is missing")
}

private func sayIndented(_ snapshot: BarrierSnapshot) {
  for line in "\(snapshot)".split(separator: "\n") { say("  \(line)") }
}
