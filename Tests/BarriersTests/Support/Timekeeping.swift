import Foundation
import Testing

@testable import Barriers

/// Checks that a time-out comes, and not early; and that an hour is not over.
func expectTimeoutsInTime(
  for kind: Kind, _ strategy: WaitStrategy, sourceLocation: SourceLocation = #_sourceLocation
) {
  let barrier = ThreadBarrier(parties: 2, strategy: strategy)
  let patient = kind.participant("patient", at: barrier, .timeout(.seconds(3600)))
  for timeout in [Duration.milliseconds(1), .milliseconds(30)] {
    let barrier = ThreadBarrier(parties: 2, strategy: strategy)
    let start = ContinuousClock.now
    let alone = kind.participant("alone", at: barrier, .timeout(timeout))
    expect(
      alone.result, brokenBy: Cause(.timedOut, arrived: 1), at: barrier, isOrigin: true,
      sourceLocation: sourceLocation)
    #expect(ContinuousClock.now - start >= timeout, "not early", sourceLocation: sourceLocation)
  }
  let last = kind.participant("last", at: barrier)
  expect(last.result, completed: 0, of: barrier, sourceLocation: sourceLocation)
  expect(patient.result, completed: 0, of: barrier, sourceLocation: sourceLocation)
}

/// Checks what comes of it when no thread can be started to keep the time of tasks; and that the next time one can, all
/// is well. To be called on a thread of its own, which runs the tasks, where none of them has had a timeout before.
func expectThatTimekeepingFailsAndComesBack(without stop: () -> Void, with allow: () -> Void) {
  let barrier = ThreadBarrier(parties: 3, label: "halo")
  let waiting = ThreadParticipant("waiting", at: barrier) { try barrier.wait() }
  eventually { barrier.waitingCount == 1 }
  waiting.fallsAsleep()
  let steps = StepByStep()

  stop()
  // The second asks for a sooner call than the first, the third for a later one.
  for timeout in [Duration.milliseconds(200), .milliseconds(100), .seconds(3600)] {
    let phase = barrier.phase
    let task = TaskParticipant("task", at: barrier, on: steps) {
      try await AsyncBarrier(sharing: barrier).wait(timeout: timeout)
    }
    while !task.hasLeft { steps.run() }
    let others = phase == 0 ? [waiting.result] : []
    for outcome in [task.result] + others {
      let error = outcome.barrierError
      #expect(error?.reason == .aborted && error?.phase == phase, "\(outcome)")
      let cause = error?.underlyingError as? TimekeepingError
      #expect(cause?.errorNumber == EAGAIN, "\(outcome)")
      #expect(
        cause?.description.hasSuffix("pthread_create: \(errorText(EAGAIN))") == true, "\(outcome)")
    }
    #expect(barrier.isBroken, "\(barrier)")
    barrier.reset()
  }
  // Who needs no timekeeper is served in any case.
  let tasks = (0..<3).map { _ in
    TaskParticipant("task", at: barrier, on: steps) { try await AsyncBarrier(sharing: barrier).wait() }
  }
  while !tasks.allSatisfy(\.hasLeft) { steps.run() }
  for task in tasks { expect(task.result, completed: 3, of: barrier) }

  allow()
  for (phase, timeout) in zip([4, 5] as [UInt64], [Duration.milliseconds(250), .milliseconds(1)]) {
    let start = ContinuousClock.now
    let alone = TaskParticipant("alone", at: barrier, on: steps) {
      try await AsyncBarrier(sharing: barrier).wait(timeout: timeout)
    }
    eventually {
      steps.run()
      return alone.hasLeft
    }
    #expect(ContinuousClock.now - start >= timeout, "not early")
    expect(
      alone.result, brokenBy: Cause(.timedOut, phase: phase, arrived: 1), at: barrier, isOrigin: true)
    barrier.reset()
  }
  expectMeeting(of: Mixture("mixed", .task, .thread, .task), at: barrier, phase: 6)
}
