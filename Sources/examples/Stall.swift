import Barriers
import Foundation

/// Parties wait too long, and a report names the likely cause.
///
/// `reportStalls` costs nothing while no party sleeps. The environment variable `BARRIERS_STALL_SECONDS=5`
/// does the same for all barriers of a process, on standard error, without a change of the code.
func stallExample() throws {
  try blockTheCooperativePool()
  try delayOneMember()
}

/// A common mistake: tasks that block. The compiler refuses `wait()` in an `async` function, but does not see
/// it in a synchronous function that a task calls.
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
      block(at: barrier)
      tasks.leave()
    }
  }
  tasks.wait()

  let snapshot = try reports.all[0].get()
  sayIndented(snapshot)
  try check(snapshot.missingCount >= 1, "not all tasks had a thread")
  try check(snapshot.likelyCause?.contains("Swift's cooperative pool") == true, "the report names the pool")
}

private func block(at barrier: ThreadBarrier) {
  _ = try? barrier.wait()
}

/// One member of a team does not arrive: it waits for a signal, which the report sends.
private func delayOneMember() throws {
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
  try check(snapshot.missing == ["render 2"], "the report names the missing member")
}

private func sayIndented(_ snapshot: BarrierSnapshot) {
  for line in "\(snapshot)".split(separator: "\n") { say("  \(line)") }
}
