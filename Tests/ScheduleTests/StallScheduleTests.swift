import BarrierModel
import Testing

extension TimekeeperScheduleTests {
  /// Snapshots and reports of stalls: all schedules with few deviations. That nobody is left waiting, and what callers see, is
  /// checked as everywhere; besides, what is told of them.
  struct Stalls {
    /// Who meets: threads, tasks, or a thread and a task.
    enum Pair: CaseIterable {
      case threads, tasks, both

      fileprivate func meet(at meeting: Meeting, on simulator: Simulator, times: Int) {
        if self == .tasks {
          simulator.startTask("a") { await meeting.waitAsTask(times: times) }
        } else {
          simulator.start("a") { meeting.wait(times: times) }
        }
        if self == .threads {
          simulator.start("b") { meeting.wait(times: times) }
        } else {
          simulator.startTask("b") { await meeting.waitAsTask(times: times) }
        }
      }
    }

    /// rule 28: each picture is one that can be, and taking it harms nobody.
    @Test(arguments: Pair.allCases) func picturesAreTakenWhileTwoMeet(pair: Pair) {
      explore(.exhaustively(bound: 1)) { simulator in
        let meeting = Meeting(simulator, parties: 2)
        pair.meet(at: meeting, on: simulator, times: 2)
        simulator.start("looks") {
          for _ in 0..<2 { check(meeting.barrier.snapshot(), on: simulator) }
        }
        return meeting.check
      }
    }

    /// rule 28, rule 12, rule 13, rule 14
    @Test func picturesAreTakenWhilePhasesBreak() {
      explore(.exhaustively(bound: 1)) { simulator in
        let meeting = Meeting(simulator, parties: 2) { _ in nil }
        simulator.start("a") { meeting.wait(timeout: .milliseconds(1)) }
        simulator.startTask("b") { await meeting.waitAsTask() }
        simulator.start("c") {
          meeting.reset()
          meeting.abort("the end")
        }
        simulator.start("looks") { check(meeting.barrier.snapshot(), on: simulator) }
        return meeting.check
      }
    }

    /// rule 29: in each phase in which somebody sleeps long, once.
    @Test(arguments: Pair.allCases) func stallsAreReportedOnceAPhase(pair: Pair) {
      explore(.exhaustively(bound: 1)) { simulator in
        let meeting = Meeting(simulator, parties: 2)
        let reports = Box<[UInt64]>([])
        meeting.barrier.reportStalls(after: .zero) { snapshot in
          check(snapshot, on: simulator)
          if snapshot.waiters.isEmpty { simulator.fail("a stall in which nobody sleeps: \(snapshot)") }
          reports.content!.append(snapshot.phase)
        }
        pair.meet(at: meeting, on: simulator, times: 2)
        return {
          try meeting.check()
          guard Set(reports.content!).count == reports.content!.count else {
            throw Fault("phases were reported twice: \(reports.content!)")
          }
        }
      }
    }

    /// rule 29: whoever is left waiting is reported, even if the report is asked for while that happens.
    @Test(arguments: [false, true]) func whoIsLeftWaitingIsReported(isTask: Bool) {
      explore(.exhaustively(bound: 1)) { simulator in
        let meeting = Meeting(simulator, parties: 2)
        let reports = Box(0)
        if isTask {
          simulator.startTask("a") { await meeting.waitAsTask() }
        } else {
          simulator.start("a") { meeting.wait() }
        }
        simulator.start("asks for reports") {
          meeting.barrier.reportStalls(after: .milliseconds(1)) { [weak barrier = meeting.barrier] _ in
            reports.content! += 1
            // Freed by the report and by nothing else: if there is none, the simulator finds a deadlock.
            barrier?.abort(Fault("stalled"))
          }
        }
        return {
          guard reports.content == 1 else { throw Fault("\(reports.content!) reports") }
        }
      }
    }

    /// rule 29, rule 14, rule 17: both are in time, whichever is sooner.
    @Test(arguments: [[1, 2], [2, 1]]) func aTimeLimitAndAReportShareTheTimekeeper(times: [Int]) {
      explore(.exhaustively(bound: 1)) { simulator in
        let meeting = Meeting(simulator, parties: 2)
        let reports = Box(0)
        meeting.barrier.reportStalls(after: .milliseconds(times[0])) { _ in reports.content! += 1 }
        simulator.startTask("a") { await meeting.waitAsTask(timeout: .milliseconds(times[1])) }
        return {
          try meeting.check()
          guard meeting.barrier.isBroken else { throw Fault("no time-out: \(meeting.barrier)") }
          if times[0] < times[1], reports.content != 1 { throw Fault("\(reports.content!) reports") }
        }
      }
    }

    /// rule 29: where no thread can be started for the report, it is made later, by whoever keeps the time.
    @Test func aReportThatCannotBeMadeIsMadeLater() {
      explore(.exhaustively(bound: 1), .init(mayRunOutOfThreads: true)) { simulator in
        let meeting = Meeting(simulator, parties: 2)
        let reports = Box(0)
        meeting.barrier.reportStalls(after: .milliseconds(1)) { [weak barrier = meeting.barrier] _ in
          reports.content! += 1
          barrier?.abort(Fault("stalled"))
        }
        let waiting = simulator.start("a") { meeting.wait() }
        simulator.start("b") {
          while !waiting.isAsleep && waiting.status != .finished { simulator.poll("waits for a to sleep") }
          // Else whoever keeps the time has been started: that is for the report to end.
          if !simulator.threads.contains(where: { $0.name == "barriers-time" }) { meeting.barrier.abort() }
        }
        return {
          let isTimeKept = simulator.threads.contains { $0.name == "barriers-time" }
          guard reports.content == (isTimeKept ? 1 : 0) else {
            throw Fault("\(reports.content!) reports, time is kept: \(isTimeKept)")
          }
        }
      }
    }

    /// rule 12, rule 17, rule 29: where no thread can be started there is no report, and no task is left waiting.
    @Test func theTimekeeperCannotAlwaysBeStarted() {
      explore(.exhaustively(bound: 1), .init(mayRunOutOfThreads: true)) { simulator in
        let meeting = Meeting(simulator, parties: 2)
        meeting.barrier.reportStalls(after: .milliseconds(1)) { check($0, on: simulator) }
        simulator.startTask("a") { await meeting.waitAsTask(timeout: .milliseconds(2)) }
        simulator.start("b") { meeting.wait(timeout: .milliseconds(3)) }
        // The abort that comes of it is nobody's call.
        return {}
      }
    }
  }
}

/// Whether a picture is one that can be.
private func check(_ snapshot: BarrierSnapshot, on simulator: Simulator) {
  let places = snapshot.waiters.map(\.index)
  let isPossible =
    Set(places).count == places.count && snapshot.arrived <= snapshot.parties
    && (snapshot.error == nil
      ? places.count { $0 < snapshot.parties } <= snapshot.arrived : places.isEmpty)
  if !isPossible { simulator.fail("a picture of what cannot be: \(snapshot)") }
}
