import BarrierModel
import Testing

/// Tests that need the process's timekeeper. They run one at a time, because they share it.
@Suite(.serialized)
enum TimekeeperScheduleTests {}

extension TimekeeperScheduleTests {
  /// Tasks with timeouts.
  struct Timeouts {
    /// rule 14, rule 17
    @Test func twoTasksWithATimeoutMeet() {
      explore(.exhaustively(bound: 1)) { simulator in
        let barrier = RecordedBarrier(simulator, parties: 2)
        for name in ["a", "b"] {
          simulator.startTask(name) { await barrier.waitAsTask(timeout: .milliseconds(1)) }
        }
        return barrier.check
      }
    }

    /// rule 15, rule 17: the timekeeper fires, and not too early.
    @Test func aTaskTimesOut() {
      explore(.exhaustively(bound: 2)) { simulator in
        let barrier = RecordedBarrier(simulator, parties: 2)
        simulator.startTask("a") { await barrier.waitAsTask(timeout: .milliseconds(1)) }
        simulator.startTask("b") { await barrier.waitAsTask(timeout: .zero) }
        return barrier.check
      }
    }

    /// rule 17: the second timeout ends before the first.
    @Test func tasksWaitWithDifferentTimeouts() {
      explore(.exhaustively(bound: 1)) { simulator in
        let barrier = RecordedBarrier(simulator, parties: 3)
        simulator.startTask("a") { await barrier.waitAsTask(timeout: .milliseconds(2)) }
        simulator.startTask("b") { await barrier.waitAsTask(timeout: .milliseconds(1)) }
        return barrier.check
      }
    }

    /// rule 15: the call with the earliest deadline is the origin of the break.
    @Test(arguments: [[2, 1], [1, 2]]) func theEarliestTimeoutBreaksThePhase(timeouts: [Int]) {
      explore(.exhaustively(bound: 0)) { simulator in
        let barrier = RecordedBarrier(simulator, parties: 3)
        let start = simulator.now
        for timeout in timeouts {
          simulator.startTask("\(timeout) ms") {
            let answer = await barrier.waitAsTask(timeout: .milliseconds(timeout))
            guard case .broken(let breakage, let isOrigin) = answer, breakage.reason == .timedOut else {
              simulator.fail("the task with \(timeout) ms got \(answer)")
            }
            if breakage.arrived == 2 && isOrigin != (timeout == 1) {
              simulator.fail("\(timeout) ms, origin: \(isOrigin)")
            }
            if simulator.now >= start + 2_000_000 { simulator.fail("too late") }
          }
        }
        return barrier.check
      }
    }

    /// rule 12, rule 17: without a timekeeper no task is left waiting, then or later.
    @Test func theTimekeeperMayFailToStart() {
      explore(.exhaustively(bound: 1), .init(threadStartMayFail: true)) { simulator in
        let barrier = RecordedBarrier(simulator, parties: 3)
        simulator.startTask("a") { await barrier.waitAsTask(timeout: .milliseconds(1)) }
        simulator.startTask("b") { await barrier.waitAsTask(timeout: .milliseconds(2)) }
        simulator.start("resets") { barrier.reset() }
        // The history has no call for the abort that follows, so it is not checked.
        return {}
      }
    }

    /// All operations at once, at random. rule 1, rule 17, rule 18, rule 19, rule 20
    @Test(arguments: [Explorer.Search.randomly(count: 500), .byPriorities(count: 500, depth: 4)])
    func everythingHappensToTasksAndThreads(search: Explorer.Search) {
      explore(search) { simulator in
        let plan = Plan(seed: UInt64(simulator.execution), tasks: 2...4, threads: 0...2)
        return RecordedBarrier(simulator, plan).check
      }
    }
  }
}
