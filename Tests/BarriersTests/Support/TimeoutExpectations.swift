import Foundation
import Testing

@testable import Barriers

/// Checks that a short timeout happens, but not early, and that a timeout of an hour does not happen.
func expectAccurateTimeouts(
  for kind: ParticipantKind, _ strategy: WaitStrategy, sourceLocation: SourceLocation = #_sourceLocation
) {
  let barrier = ThreadBarrier(parties: 2, strategy: strategy)
  let longWaiter = kind.participant("long waiter", at: barrier, .timeout(.seconds(3600)))
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
  expect(longWaiter.result, completed: 0, of: barrier, sourceLocation: sourceLocation)
}

/// Checks that a task's timed wait aborts the barrier while the library cannot start its timer thread, and
/// that timed waits work again once it can. Runs the tasks on the current thread, in a process where no
/// task has waited with a timeout before.
func expectTimerThreadFailureAndRecovery(
  preventingThreads prevent: () -> Void, allowingThreads allow: () -> Void
) {
  let barrier = ThreadBarrier(parties: 3, label: "halo")
  let waiting = ThreadParticipant("waiting", at: barrier) { try barrier.wait() }
  eventually { barrier.waitingCount == 1 }
  waiting.waitUntilAsleep()
  let executor = ManualExecutor()

  prevent()
  // The second deadline is earlier than the first, the third is later.
  for timeout in [Duration.milliseconds(200), .milliseconds(100), .seconds(3600)] {
    let phase = barrier.phase
    let task = TaskParticipant("task", at: barrier, on: executor) {
      try await AsyncBarrier(sharing: barrier).wait(timeout: timeout)
    }
    while !task.hasLeft { executor.run() }
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
  // Without a timeout, a task needs no timer thread.
  let tasks = (0..<3).map { _ in
    TaskParticipant("task", at: barrier, on: executor) { try await AsyncBarrier(sharing: barrier).wait() }
  }
  while !tasks.allSatisfy(\.hasLeft) { executor.run() }
  for task in tasks { expect(task.result, completed: 3, of: barrier) }

  allow()
  for (phase, timeout) in zip([4, 5] as [UInt64], [Duration.milliseconds(250), .milliseconds(1)]) {
    let start = ContinuousClock.now
    let alone = TaskParticipant("alone", at: barrier, on: executor) {
      try await AsyncBarrier(sharing: barrier).wait(timeout: timeout)
    }
    eventually {
      executor.run()
      return alone.hasLeft
    }
    #expect(ContinuousClock.now - start >= timeout, "not early")
    expect(
      alone.result, brokenBy: Cause(.timedOut, phase: phase, arrived: 1), at: barrier, isOrigin: true)
    barrier.reset()
  }
  expectArrivals(of: ArrivalOrder("mixed", .task, .thread, .task), at: barrier, phase: 6)
}
