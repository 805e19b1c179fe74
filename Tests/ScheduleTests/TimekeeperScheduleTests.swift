import BarrierModel
import Testing

/// Tests of those who need the process's timekeeper: one at a time, for they share it.
@Suite(.serialized)
enum TimekeeperScheduleTests {}

extension TimekeeperScheduleTests {
  /// Tasks with time limits.
  struct TimeLimits {
    /// rule 14, rule 17
    @Test func twoTasksWithATimeLimitMeet() {
      explore(.exhaustively(bound: 1)) { simulator in
        let meeting = Meeting(simulator, parties: 2)
        for name in ["a", "b"] {
          simulator.startTask(name) { await meeting.waitAsTask(timeout: .milliseconds(1)) }
        }
        return meeting.check
      }
    }

    /// rule 15, rule 17: the timekeeper comes, and is not too early.
    @Test func aTaskTimesOut() {
      explore(.exhaustively(bound: 2)) { simulator in
        let meeting = Meeting(simulator, parties: 2)
        simulator.startTask("a") { await meeting.waitAsTask(timeout: .milliseconds(1)) }
        simulator.startTask("b") { await meeting.waitAsTask(timeout: .zero) }
        return meeting.check
      }
    }

    /// rule 17: a second limit, earlier than the first.
    @Test func tasksWithDifferentTimeLimits() {
      explore(.exhaustively(bound: 1)) { simulator in
        let meeting = Meeting(simulator, parties: 3)
        simulator.startTask("a") { await meeting.waitAsTask(timeout: .milliseconds(2)) }
        simulator.startTask("b") { await meeting.waitAsTask(timeout: .milliseconds(1)) }
        return meeting.check
      }
    }

    /// rule 15: of several limits the first counts, and whoever had it is the origin.
    @Test(arguments: [[2, 1], [1, 2]]) func theFirstLimitCounts(limits: [Int]) {
      explore(.exhaustively(bound: 0)) { simulator in
        let meeting = Meeting(simulator, parties: 3)
        let start = simulator.clock
        for limit in limits {
          simulator.startTask("\(limit) ms") {
            let answer = await meeting.waitAsTask(timeout: .milliseconds(limit))
            guard case .broken(let breakage, let isOrigin) = answer, breakage.reason == .timedOut else {
              simulator.fail("a task of \(limit) ms left with \(answer)")
            }
            if breakage.arrived == 2 && isOrigin != (limit == 1) {
              simulator.fail("\(limit) ms, origin: \(isOrigin)")
            }
            if simulator.clock >= start + 2_000_000 { simulator.fail("too late") }
          }
        }
        return meeting.check
      }
    }

    /// rule 12, rule 17: where no thread can be started to keep the time, nobody is left waiting, then or later.
    @Test func theTimekeeperCannotAlwaysBeStarted() {
      explore(.exhaustively(bound: 1), .init(mayRunOutOfThreads: true)) { simulator in
        let meeting = Meeting(simulator, parties: 3)
        simulator.startTask("a") { await meeting.waitAsTask(timeout: .milliseconds(1)) }
        simulator.startTask("b") { await meeting.waitAsTask(timeout: .milliseconds(2)) }
        simulator.start("resets") { meeting.reset() }
        // The abort that comes of it is nobody's call.
        return {}
      }
    }

    /// Everything at once, at random. rule 1, rule 17, rule 18, rule 19, rule 20
    @Test(arguments: [Explorer.Search.randomly(count: 500), .byPriorities(count: 500, depth: 4)])
    func everythingHappensToTasksAndThreads(search: Explorer.Search) {
      explore(search) { simulator in
        let plan = Plan(seed: UInt64(simulator.execution), tasks: 2...4, threads: 0...2)
        return Meeting(simulator, plan).check
      }
    }
  }
}
