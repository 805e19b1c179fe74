import BarrierModel
import Testing

/// Tasks at a barrier, also together with threads: all schedules with few deviations.
///
/// In addition to what ``ThreadScheduleTests`` checks, each task must be resumed exactly once, with no lock
/// held: rule 18, rule 19, rule 20.
struct TaskScheduleTests {
  @Test func twoTasksMeetTwice() {
    explore(.exhaustively(bound: 2)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2)
      for name in ["a", "b"] { simulator.startTask(name) { await barrier.waitAsTask(times: 2) } }
      return barrier.check
    }
  }

  @Test func threeTasksMeetTwice() {
    explore(.exhaustively(bound: 1)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 3)
      for name in ["a", "b", "c"] { simulator.startTask(name) { await barrier.waitAsTask(times: 2) } }
      return barrier.check
    }
  }

  /// rule 20
  @Test func aThreadAndATaskMeetTwice() {
    explore(.exhaustively(bound: 2)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2) { _ in nil }
      simulator.start("thread") { barrier.wait(times: 2) }
      simulator.startTask("task") { await barrier.waitAsTask(times: 2) }
      return barrier.check
    }
  }

  /// rule 4
  @Test func surplusTasksJoinTheNextPhase() {
    explore(.exhaustively(bound: 1)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2) { _ in nil }
      for name in ["a", "b", "c"] { simulator.startTask(name) { await barrier.waitAsTask() } }
      simulator.start("d") { barrier.wait() }
      return barrier.check
    }
  }

  /// rule 18: before the task arrives, while it arrives, while it waits, while it leaves.
  @Test func aTaskIsCancelled() {
    explore(.exhaustively(bound: 2)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2)
      let task = simulator.startTask("a") { await barrier.waitAsTask() }
      simulator.startTask("b") { await barrier.waitAsTask() }
      simulator.start("c") { barrier.cancel(task) }
      return barrier.check
    }
  }

  /// rule 10, rule 18: either all had arrived, or the task belongs to the next phase and breaks that.
  @Test func aTaskIsCancelledAroundTheActionOfOneParty() {
    explore(.exhaustively(bound: 1)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 1) { _ in nil }
      let task = simulator.startTask("a") { await barrier.waitAsTask() }
      simulator.startTask("b") { await barrier.waitAsTask() }
      simulator.start("c") { barrier.cancel(task) }
      return barrier.check
    }
  }

  /// rule 18
  @Test func twoTasksAreCancelledAtOnce() {
    explore(.exhaustively(bound: 1)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2)
      let tasks = ["a", "b"].map { simulator.startTask($0) { await barrier.waitAsTask() } }
      for task in tasks { simulator.start("cancels") { barrier.cancel(task) } }
      return barrier.check
    }
  }

  /// rule 13, rule 18: one cancellation breaks one phase, even if the barrier is reset at once.
  @Test func aCancellationRacesAReset() {
    explore(.exhaustively(bound: 2)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2)
      let task = simulator.startTask("a") { await barrier.waitAsTask() }
      simulator.start("cancels") { barrier.cancel(task) }
      simulator.start("resets") {
        barrier.reset()
        barrier.abort()
      }
      return barrier.check
    }
  }

  /// rule 13, rule 18: the barrier refuses the task, or the task breaks the phase that is open then.
  @Test func aCancelledTaskArrivesDuringAReset() {
    explore(.exhaustively(bound: 2)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2)
      let task = Box<SimulatedTask>()
      task.content = simulator.startTask("a") {
        barrier.abort()
        barrier.cancel(task.content!)
        await barrier.waitAsTask()
      }
      simulator.start("resets") {
        barrier.reset()
        barrier.abort("the end")
      }
      return barrier.check
    }
  }

  /// rule 13, rule 18: a refused task has no part in the phase that the reset opens.
  @Test func aTaskRefusedBeforeAResetIsCancelledAfterIt() {
    explore(.exhaustively(bound: 2)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2)
      let task = simulator.startTask("a") {
        barrier.abort()
        await barrier.waitAsTask()
      }
      simulator.start("resets") {
        barrier.reset()
        barrier.cancel(task)
        barrier.readProperties()
      }
      return barrier.check
    }
  }

  /// rule 13, rule 18: one cancellation breaks one phase, even if the next opens before the task runs again.
  @Test func aCancelledTaskIsSlowToLearnThatItBrokeThePhase() {
    explore(.exhaustively(bound: 2)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2)
      let task = simulator.startTask("a") { await barrier.waitAsTask() }
      simulator.start("cancels") { barrier.cancel(task) }
      simulator.start("resets") {
        while !barrier.base.isBroken { simulator.spinHint("waits for the cancellation") }
        barrier.reset()
      }
      return {
        try barrier.check()
        if barrier.base.isBroken {
          throw Fault("the cancellation broke a second phase: \(barrier.base)")
        }
      }
    }
  }

  /// rule 10, rule 18
  @Test func aTaskIsCancelledAroundAnAction() {
    explore(.exhaustively(bound: 1)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2) { _ in nil }
      let task = simulator.startTask("a") { await barrier.waitAsTask() }
      simulator.start("b") { barrier.wait(timeout: .milliseconds(1)) }
      simulator.start("c") {
        barrier.cancel(task)
        barrier.reset()
        barrier.readProperties()
      }
      return barrier.check
    }
  }

  /// rule 8, rule 18: the task that runs the action gets its error, cancelled or not.
  @Test func aTaskWhoseActionFailsIsCancelled() {
    explore(.exhaustively(bound: 2)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 1) { phase in Fault("action of \(phase)") }
      let task = simulator.startTask("a") { await barrier.waitAsTask() }
      simulator.start("cancels") { barrier.cancel(task) }
      return barrier.check
    }
  }

  /// rule 4, rule 18
  @Test func aTaskIsCancelledAmongSurplusCallers() {
    explore(.exhaustively(bound: 1)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2) { _ in nil }
      let task = simulator.startTask("a") { await barrier.waitAsTask() }
      simulator.startTask("b") { await barrier.waitAsTask() }
      simulator.start("c") { barrier.wait(timeout: .milliseconds(1)) }
      simulator.start("d") {
        barrier.cancel(task)
        barrier.abort("the end")
      }
      return barrier.check
    }
  }

  /// rule 15, rule 18
  @Test func aTaskWithAZeroTimeoutIsCancelled() {
    explore(.exhaustively(bound: 1)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2)
      let task = simulator.startTask("a") { await barrier.waitAsTask(timeout: .zero) }
      simulator.start("b") { barrier.wait(timeout: .milliseconds(1)) }
      simulator.start("c") {
        barrier.cancel(task)
        barrier.reset()
      }
      return barrier.check
    }
  }

  /// rule 22
  @Test func theBarrierMayBeReleasedOnceWaitHasReturned() {
    explore(.exhaustively(bound: 1)) { simulator in
      let barrier = AsyncBarrier(parties: 2)
      let tasks = ["a", "b"].map { name in
        let own = Box(barrier)
        return simulator.startTask(name) {
          _ = try? await own.content!.wait()
          own.content = nil
        }
      }
      simulator.start("cancels") { tasks[0].cancel() }
      return {}
    }
  }

  /// rule 9, rule 12
  @Test(arguments: ThreadScheduleTests.Interference.allCases)
  func aThreadInterferesWithTwoTasks(_ interference: ThreadScheduleTests.Interference) {
    explore(.exhaustively(bound: 1)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2) { _ in nil }
      simulator.startTask("a") { await barrier.waitAsTask() }
      simulator.startTask("b") { await barrier.waitAsTask() }
      simulator.start("c") {
        interference.apply(to: barrier)
        // After a reset, a task may wait without a partner.
        barrier.abort("the end")
      }
      return barrier.check
    }
  }

  /// rule 19
  @Test func aTaskSuspendsInTheNextPhaseBeforeThoseOfTheLastResume() {
    explore(.exhaustively(bound: 1)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2)
      simulator.startTask("a") { await barrier.waitAsTask() }
      simulator.start("b") { barrier.wait(times: 2) }
      simulator.startTask("c") {
        while barrier.base.phase == 0 { simulator.spinHint("waits for phase 1") }
        await barrier.waitAsTask()
      }
      return barrier.check
    }
  }

  /// rule 6
  @Test func writesBeforeAWaitAreVisibleAfterIt() {
    explore(.exhaustively(bound: 2)) { simulator in
      let notes = [Plain(0), Plain(0)]
      let barrier = RecordedBarrier(simulator, parties: 2)
      for own in 0...1 {
        simulator.startTask("writer \(own)") {
          notes[own].value = 1
          await barrier.waitAsTask()
          if notes[1 - own].value != 1 { simulator.fail("the other task's write is not visible") }
        }
      }
      return barrier.check
    }
  }
}
