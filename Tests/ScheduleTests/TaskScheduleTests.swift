import BarrierModel
import Testing

/// Tasks at a barrier, and threads among them: all schedules with few deviations. See ``ThreadScheduleTests`` for what is
/// checked; besides, that each task is resumed once, with no lock held: rule 18, rule 19, rule 20.
struct TaskScheduleTests {
  @Test func twoTasksMeetTwice() {
    explore(.exhaustively(bound: 2)) { simulator in
      let meeting = Meeting(simulator, parties: 2)
      for name in ["a", "b"] { simulator.startTask(name) { await meeting.waitAsTask(times: 2) } }
      return meeting.check
    }
  }

  @Test func threeTasksMeetTwice() {
    explore(.exhaustively(bound: 1)) { simulator in
      let meeting = Meeting(simulator, parties: 3)
      for name in ["a", "b", "c"] { simulator.startTask(name) { await meeting.waitAsTask(times: 2) } }
      return meeting.check
    }
  }

  /// rule 20
  @Test func aThreadAndATaskMeetTwice() {
    explore(.exhaustively(bound: 2)) { simulator in
      let meeting = Meeting(simulator, parties: 2) { _ in nil }
      simulator.start("thread") { meeting.wait(times: 2) }
      simulator.startTask("task") { await meeting.waitAsTask(times: 2) }
      return meeting.check
    }
  }

  /// rule 4
  @Test func surplusTasksJoinTheNextPhase() {
    explore(.exhaustively(bound: 1)) { simulator in
      let meeting = Meeting(simulator, parties: 2) { _ in nil }
      for name in ["a", "b", "c"] { simulator.startTask(name) { await meeting.waitAsTask() } }
      simulator.start("d") { meeting.wait() }
      return meeting.check
    }
  }

  /// rule 18: before the task comes, while it arrives, while it waits, while it leaves.
  @Test func aTaskIsCancelled() {
    explore(.exhaustively(bound: 2)) { simulator in
      let meeting = Meeting(simulator, parties: 2)
      let task = simulator.startTask("a") { await meeting.waitAsTask() }
      simulator.startTask("b") { await meeting.waitAsTask() }
      simulator.start("c") { meeting.cancel(task) }
      return meeting.check
    }
  }

  /// rule 10, rule 18: all had arrived, or the task belongs to the next phase and breaks that.
  @Test func aTaskIsCancelledAmongSurplusOnesWhileTheActionRuns() {
    explore(.exhaustively(bound: 1)) { simulator in
      let meeting = Meeting(simulator, parties: 1) { _ in nil }
      let task = simulator.startTask("a") { await meeting.waitAsTask() }
      simulator.startTask("b") { await meeting.waitAsTask() }
      simulator.start("c") { meeting.cancel(task) }
      return meeting.check
    }
  }

  /// rule 18
  @Test func twoTasksAreCancelledAtOnce() {
    explore(.exhaustively(bound: 1)) { simulator in
      let meeting = Meeting(simulator, parties: 2)
      let tasks = ["a", "b"].map { simulator.startTask($0) { await meeting.waitAsTask() } }
      for task in tasks { simulator.start("cancels") { meeting.cancel(task) } }
      return meeting.check
    }
  }

  /// rule 13, rule 18: one cancellation breaks one phase, though the barrier is mended at once.
  @Test func aTaskIsCancelledAndTheBarrierReset() {
    explore(.exhaustively(bound: 2)) { simulator in
      let meeting = Meeting(simulator, parties: 2)
      let task = simulator.startTask("a") { await meeting.waitAsTask() }
      simulator.start("cancels") { meeting.cancel(task) }
      simulator.start("resets") {
        meeting.reset()
        meeting.abort()
      }
      return meeting.check
    }
  }

  /// rule 13, rule 18: it is refused, or breaks the phase that is open then.
  @Test func aCancelledTaskComesToABarrierThatIsBeingMended() {
    explore(.exhaustively(bound: 2)) { simulator in
      let meeting = Meeting(simulator, parties: 2)
      let task = Box<SimulatedTask>()
      task.content = simulator.startTask("a") {
        meeting.abort()
        meeting.cancel(task.content!)
        await meeting.waitAsTask()
      }
      simulator.start("resets") {
        meeting.reset()
        meeting.abort("the end")
      }
      return meeting.check
    }
  }

  /// rule 13, rule 18: who was refused has no part in the phase that opens when the barrier is mended.
  @Test func aTaskIsCancelledThatWasRefusedBeforeTheBarrierWasMended() {
    explore(.exhaustively(bound: 2)) { simulator in
      let meeting = Meeting(simulator, parties: 2)
      let task = simulator.startTask("a") {
        meeting.abort()
        await meeting.waitAsTask()
      }
      simulator.start("resets") {
        meeting.reset()
        meeting.cancel(task)
        meeting.readProperties()
      }
      return meeting.check
    }
  }

  /// rule 13, rule 18: one cancellation breaks one phase, though the task has yet to hear of it when the next opens.
  @Test func aCancelledTaskIsSlowToHearThatItHasBrokenThePhase() {
    explore(.exhaustively(bound: 2)) { simulator in
      let meeting = Meeting(simulator, parties: 2)
      let task = simulator.startTask("a") {
        await meeting.waitAsTask()
      }
      simulator.start("cancels") { meeting.cancel(task) }
      simulator.start("resets") {
        while !meeting.barrier.isBroken { simulator.poll("waits for the cancellation") }
        meeting.reset()
      }
      return {
        try meeting.check()
        if meeting.barrier.isBroken {
          throw Fault("the cancellation broke a second phase: \(meeting.barrier)")
        }
      }
    }
  }

  /// rule 10, rule 18
  @Test func aTaskIsCancelledAroundAnAction() {
    explore(.exhaustively(bound: 1)) { simulator in
      let meeting = Meeting(simulator, parties: 2) { _ in nil }
      let task = simulator.startTask("a") { await meeting.waitAsTask() }
      simulator.start("b") { meeting.wait(timeout: .milliseconds(1)) }
      simulator.start("c") {
        meeting.cancel(task)
        meeting.reset()
        meeting.readProperties()
      }
      return meeting.check
    }
  }

  /// rule 8, rule 18: whoever runs the action is told of its failure, cancelled or not.
  @Test func aTaskIsCancelledWhoseActionFails() {
    explore(.exhaustively(bound: 2)) { simulator in
      let meeting = Meeting(simulator, parties: 1) { phase in Fault("action of \(phase)") }
      let task = simulator.startTask("a") { await meeting.waitAsTask() }
      simulator.start("cancels") { meeting.cancel(task) }
      return meeting.check
    }
  }

  /// rule 4, rule 18
  @Test func aTaskIsCancelledOfMoreThanThereAreParties() {
    explore(.exhaustively(bound: 1)) { simulator in
      let meeting = Meeting(simulator, parties: 2) { _ in nil }
      let task = simulator.startTask("a") { await meeting.waitAsTask() }
      simulator.startTask("b") { await meeting.waitAsTask() }
      simulator.start("c") { meeting.wait(timeout: .milliseconds(1)) }
      simulator.start("d") {
        meeting.cancel(task)
        meeting.abort("the end")
      }
      return meeting.check
    }
  }

  /// rule 15, rule 18
  @Test func aTaskIsCancelledThatOnlyTries() {
    explore(.exhaustively(bound: 1)) { simulator in
      let meeting = Meeting(simulator, parties: 2)
      let task = simulator.startTask("a") { await meeting.waitAsTask(timeout: .zero) }
      simulator.start("b") { meeting.wait(timeout: .milliseconds(1)) }
      simulator.start("c") {
        meeting.cancel(task)
        meeting.reset()
      }
      return meeting.check
    }
  }

  /// rule 22
  @Test func eachLetsGoOfTheBarrierWhenItsWaitHasReturned() {
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
  @Test(arguments: ThreadScheduleTests.Disturbance.allCases)
  func aThirdPartyDisturbs(_ disturbance: ThreadScheduleTests.Disturbance) {
    explore(.exhaustively(bound: 1)) { simulator in
      let meeting = Meeting(simulator, parties: 2) { _ in nil }
      simulator.startTask("a") { await meeting.waitAsTask() }
      simulator.startTask("b") { await meeting.waitAsTask() }
      simulator.start("c") {
        disturbance.happen(to: meeting)
        // Who was freed by a reset may find nobody to wait for.
        meeting.abort("the end")
      }
      return meeting.check
    }
  }

  /// rule 19: a barrier that was reset lets the next phase's tasks come to sleep before the last one's are resumed.
  @Test func tasksSleepInTheNextPhaseBeforeThoseOfTheLastAreResumed() {
    explore(.exhaustively(bound: 1)) { simulator in
      let meeting = Meeting(simulator, parties: 2)
      simulator.startTask("a") { await meeting.waitAsTask() }
      simulator.start("b") {
        meeting.wait()
        meeting.wait()
      }
      simulator.startTask("c") {
        while meeting.barrier.phase == 0 { simulator.poll("waits for phase 1") }
        await meeting.waitAsTask()
      }
      return meeting.check
    }
  }

  /// rule 6
  @Test func whatWasWrittenBeforeIsSeenAfter() {
    explore(.exhaustively(bound: 2)) { simulator in
      let notes = [Plain(0), Plain(0)]
      let meeting = Meeting(simulator, parties: 2)
      for own in 0...1 {
        simulator.startTask("writer \(own)") {
          notes[own].value = 1
          await meeting.waitAsTask()
          if notes[1 - own].value != 1 { simulator.fail("the other has not been seen") }
        }
      }
      return meeting.check
    }
  }
}
