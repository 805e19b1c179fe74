import BarrierModel
import Testing

extension TimekeeperScheduleTests {
  /// Snapshots and stall reports: all schedules with few deviations. In addition to what
  /// ``ThreadScheduleTests`` checks, their contents are.
  struct Stalls {
    /// The two parties.
    enum Pair: CaseIterable {
      case threads, tasks, both

      fileprivate func meet(at barrier: RecordedBarrier, on simulator: Simulator, times: Int) {
        if self == .tasks {
          simulator.startTask("a") { await barrier.waitAsTask(times: times) }
        } else {
          simulator.start("a") { barrier.wait(times: times) }
        }
        if self == .threads {
          simulator.start("b") { barrier.wait(times: times) }
        } else {
          simulator.startTask("b") { await barrier.waitAsTask(times: times) }
        }
      }
    }

    /// rule 28: each snapshot shows a possible state, and taking it does not disturb the callers.
    @Test(arguments: Pair.allCases) func snapshotsAreConsistentWhileTwoMeet(pair: Pair) {
      explore(.exhaustively(bound: 1)) { simulator in
        let barrier = RecordedBarrier(simulator, parties: 2)
        pair.meet(at: barrier, on: simulator, times: 2)
        simulator.start("observer") {
          for _ in 0..<2 { check(barrier.base.snapshot(), on: simulator) }
        }
        return barrier.check
      }
    }

    /// rule 28, rule 12, rule 13, rule 14
    @Test func snapshotsAreConsistentWhilePhasesBreak() {
      explore(.exhaustively(bound: 1)) { simulator in
        let barrier = RecordedBarrier(simulator, parties: 2) { _ in nil }
        simulator.start("a") { barrier.wait(timeout: .milliseconds(1)) }
        simulator.startTask("b") { await barrier.waitAsTask() }
        simulator.start("c") {
          barrier.reset()
          barrier.abort("the end")
        }
        simulator.start("observer") { check(barrier.base.snapshot(), on: simulator) }
        return barrier.check
      }
    }

    /// rule 29
    @Test(arguments: Pair.allCases) func aStallIsReportedAtMostOncePerPhase(pair: Pair) {
      explore(.exhaustively(bound: 1)) { simulator in
        let barrier = RecordedBarrier(simulator, parties: 2)
        let reports = Box<[UInt64]>([])
        barrier.base.reportStalls(after: .zero) { snapshot in
          check(snapshot, on: simulator)
          if snapshot.waiters.isEmpty { simulator.fail("a stall without waiters: \(snapshot)") }
          reports.content!.append(snapshot.phase)
        }
        pair.meet(at: barrier, on: simulator, times: 2)
        return {
          try barrier.check()
          guard Set(reports.content!).count == reports.content!.count else {
            throw Fault("phases were reported twice: \(reports.content!)")
          }
        }
      }
    }

    /// rule 29: even if reports are requested while the party begins to wait.
    @Test(arguments: [false, true]) func aPartyLeftWaitingIsReported(isTask: Bool) {
      explore(.exhaustively(bound: 1)) { simulator in
        let barrier = RecordedBarrier(simulator, parties: 2)
        let reports = Box(0)
        if isTask {
          simulator.startTask("a") { await barrier.waitAsTask() }
        } else {
          simulator.start("a") { barrier.wait() }
        }
        simulator.start("requests reports") {
          barrier.base.reportStalls(after: .milliseconds(1)) { [weak base = barrier.base] _ in
            reports.content! += 1
            // Only the report releases the party: without one, the simulator finds a deadlock.
            base?.abort(Fault("stalled"))
          }
        }
        return {
          guard reports.content == 1 else { throw Fault("\(reports.content!) reports") }
        }
      }
    }

    /// rule 29, rule 14, rule 17: both happen on time, in either order.
    @Test(arguments: [[1, 2], [2, 1]]) func aTimeoutAndAReportShareTheTimekeeper(times: [Int]) {
      explore(.exhaustively(bound: 1)) { simulator in
        let barrier = RecordedBarrier(simulator, parties: 2)
        let reports = Box(0)
        barrier.base.reportStalls(after: .milliseconds(times[0])) { _ in reports.content! += 1 }
        simulator.startTask("a") { await barrier.waitAsTask(timeout: .milliseconds(times[1])) }
        return {
          try barrier.check()
          guard barrier.base.isBroken else { throw Fault("no timeout: \(barrier.base)") }
          if times[0] < times[1], reports.content != 1 { throw Fault("\(reports.content!) reports") }
        }
      }
    }

    /// rule 29: when no thread can be started for the report, the timekeeper makes it later.
    @Test func aReportThatFailsToStartIsMadeLater() {
      explore(.exhaustively(bound: 1), .init(threadStartMayFail: true)) { simulator in
        let barrier = RecordedBarrier(simulator, parties: 2)
        let reports = Box(0)
        barrier.base.reportStalls(after: .milliseconds(1)) { [weak base = barrier.base] _ in
          reports.content! += 1
          base?.abort(Fault("stalled"))
        }
        let waiter = simulator.start("a") { barrier.wait() }
        simulator.start("b") {
          while !waiter.isAsleep && waiter.status != .finished {
            simulator.spinHint("waits for a to sleep")
          }
          // If the timekeeper has been started, its report ends the wait.
          if !simulator.threads.contains(where: { $0.name == "barriers-time" }) { barrier.base.abort() }
        }
        return {
          let hasTimekeeper = simulator.threads.contains { $0.name == "barriers-time" }
          guard reports.content == (hasTimekeeper ? 1 : 0) else {
            throw Fault("\(reports.content!) reports, timekeeper: \(hasTimekeeper)")
          }
        }
      }
    }

    /// rule 12, rule 17, rule 29: without a timekeeper there is no report, and no task is left waiting.
    @Test func theTimekeeperMayFailToStart() {
      explore(.exhaustively(bound: 1), .init(threadStartMayFail: true)) { simulator in
        let barrier = RecordedBarrier(simulator, parties: 2)
        barrier.base.reportStalls(after: .milliseconds(1)) { check($0, on: simulator) }
        simulator.startTask("a") { await barrier.waitAsTask(timeout: .milliseconds(2)) }
        simulator.start("b") { barrier.wait(timeout: .milliseconds(3)) }
        // The history has no call for the abort that follows, so it is not checked.
        return {}
      }
    }
  }
}

/// Fails the execution if a snapshot shows an impossible state.
private func check(_ snapshot: BarrierSnapshot, on simulator: Simulator) {
  let indices = snapshot.waiters.map(\.index)
  let isPossible =
    Set(indices).count == indices.count && snapshot.arrived <= snapshot.parties
    && (snapshot.error == nil
      ? indices.count { $0 < snapshot.parties } <= snapshot.arrived : indices.isEmpty)
  if !isPossible { simulator.fail("an impossible snapshot: \(snapshot)") }
}
