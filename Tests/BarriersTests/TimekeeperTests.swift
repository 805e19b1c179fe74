import Foundation
import Testing

@testable import Barriers

/// Timeouts of tasks, which a thread of the library watches.
struct TimekeeperTests {
  private func task(
    _ name: String, at barrier: ThreadBarrier, for timeout: Duration,
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> TaskParticipant<Arrival> {
    let before = barrier.waitingCount
    let task = TaskParticipant(name, at: barrier, sourceLocation: sourceLocation) {
      try await AsyncBarrier(sharing: barrier).wait(timeout: timeout)
    }
    eventually(sourceLocation: sourceLocation) { barrier.waitingCount > before || task.hasLeft }
    task.waitUntilAsleep(sourceLocation: sourceLocation)
    return task
  }

  /// Waits until the timer thread has handled all deadlines up to now.
  private func waitForTimekeeper() {
    let barrier = ThreadBarrier(parties: 2)
    let timedWaiter = TaskParticipant("timed waiter", at: barrier) {
      try await AsyncBarrier(sharing: barrier).wait(timeout: .milliseconds(1))
    }
    #expect(timedWaiter.result.barrierError?.reason == .timedOut)
  }

  /// rule 15
  @Test(arguments: [Duration.microseconds(1), .milliseconds(1), .milliseconds(30)])
  func noTaskTimesOutEarly(timeout: Duration) {
    let barrier = ThreadBarrier(parties: 2, timeout: timeout)
    for wait in [{ _ in .defaultTimeout }, { _ in .timeout(timeout) }, { .until($0 + timeout) }]
      as [(ContinuousClock.Instant) -> Wait]
    {
      let start = ContinuousClock.now
      let alone = ParticipantKind.task.participant("alone", at: barrier, wait(start))
      #expect(alone.result.barrierError?.reason == .timedOut)
      #expect(ContinuousClock.now - start >= timeout)
      barrier.reset()
    }
  }

  /// rule 15
  @Test(arguments: TimeoutTests.veryLongTimeouts)
  func aVeryLongTimeoutNeverHappens(timeout: Duration) {
    let barrier = ThreadBarrier(parties: 4, timeout: timeout)
    let far = ContinuousClock.now.advanced(by: min(timeout, Duration(attoseconds: .max) - .seconds(1 << 40)))
    let waiting = [Wait.defaultTimeout, .timeout(timeout), .until(far)].map {
      ParticipantKind.task.participant("waiting", at: barrier, $0)
    }
    eventually { barrier.waitingCount == 3 }
    for task in waiting { task.waitUntilAsleep() }
    waitForTimekeeper()
    #expect(!barrier.isBroken)
    expect(ParticipantKind.task.participant("last", at: barrier).result, completed: 0, index: 3, of: barrier)
    for task in waiting { expect(task.result, completed: 0, of: barrier) }
  }

  /// rule 15
  @Test func theTimeoutOfACallReplacesTheDefaultTimeout() {
    let barrier = ThreadBarrier(parties: 2, timeout: .zero)
    let longWaiter = task("long waiter", at: barrier, for: .seconds(1 << 40))
    waitForTimekeeper()
    #expect(!barrier.isBroken)
    // With the default timeout of zero, the last arrival still completes the phase.
    expect(ParticipantKind.task.participant("last", at: barrier).result, completed: 0, index: 1, of: barrier)
    expect(longWaiter.result, completed: 0, index: 0, of: barrier)
  }

  /// rule 14
  @Test func theEarliestDeadlineFiresFirstEvenIfItWasSetLast() {
    let (barrier, other) = (ThreadBarrier(parties: 4), ThreadBarrier(parties: 2))
    let longWaiters = [
      task("long waiter", at: barrier, for: .seconds(3600)),
      task("elsewhere", at: other, for: .seconds(3600)),
    ]
    let shorterWaiter = task("shorter waiter", at: barrier, for: .seconds(1800))
    let timedWaiter = ParticipantKind.task.participant(
      "timed waiter", at: barrier, .timeout(.milliseconds(5)))
    let cause = Cause(.timedOut, arrived: 3)
    expect(timedWaiter.result, brokenBy: cause, at: barrier, isOrigin: true)
    for task in [longWaiters[0], shorterWaiter] { expect(task.result, brokenBy: cause, at: barrier) }
    #expect(
      timedWaiter.result.barrierError?.description.contains("timed out after 5 ms with 3 of 4") == true)
    expectBrokenForAll(barrier, by: cause)
    // A participant that goes out of scope is joined, so keep it until the reset frees it.
    withExtendedLifetime(longWaiters) {
      #expect(!longWaiters[1].hasLeft && !other.isBroken)
      other.reset()
    }
  }

  /// rule 14
  @Test func theDeadlineOfAPastPhaseBreaksNoLaterPhase() {
    let barrier = ThreadBarrier(parties: 2)
    let deadline = ContinuousClock.now + .milliseconds(150)
    var phase: UInt64 = 0
    for end in [{}, { barrier.abort() }, { barrier.reset() }] {
      let early = ParticipantKind.task.participant("early", at: barrier, .until(deadline))
      eventually { barrier.waitingCount == 1 || barrier.isBroken }
      guard !barrier.isBroken else { return }  // The machine is too slow.
      if phase == 0 { _ = ParticipantKind.thread.participant("last", at: barrier).result }
      end()
      _ = early.result
      barrier.reset()
      phase += 1
    }
    let longWaiter = ParticipantKind.task.participant("long waiter", at: barrier)
    eventually { barrier.waitingCount == 1 }
    waitPast(deadline)
    waitForTimekeeper()
    #expect(!barrier.isBroken)
    expect(ParticipantKind.task.participant("last", at: barrier).result, completed: 3, index: 1, of: barrier)
    expect(longWaiter.result, completed: 3, index: 0, of: barrier)
  }

  /// rule 14, rule 15
  @Test(arguments: [Duration.milliseconds(3), .milliseconds(40), .seconds(3600)], [true, false])
  func deadlinesOfPastPhasesDoNotChangeTheTimeoutOfALaterPhase(earlier: Duration, completes: Bool) {
    let barrier = ThreadBarrier(parties: 3)
    for phase in 0..<10 as Range<UInt64> {
      let start = ContinuousClock.now
      let early = task("early", at: barrier, for: phase.isMultiple(of: 2) ? earlier : .milliseconds(4))
      guard phase.isMultiple(of: 2) else {
        expect(
          early.result, brokenBy: Cause(.timedOut, phase: phase, arrived: 1), at: barrier, isOrigin: true)
        #expect(ContinuousClock.now - start >= .milliseconds(4))
        barrier.reset()
        continue
      }
      if completes {
        _ = [ParticipantKind.task, .thread].map { $0.participant(at: barrier) }.map { $0.result }
      }
      if barrier.phase == phase { barrier.reset() }
      barrier.reset()
      _ = early.result
    }
  }

  /// rule 15
  @Test func eachBarrierHasItsOwnDeadlines() {
    let barriers = (0..<60).map { _ in ThreadBarrier(parties: 2) }
    let start = ContinuousClock.now
    let times = barriers.indices.map { Duration.milliseconds($0 % 20 * 2) }.shuffled()
    let ends = zip(barriers, times).map { barrier, time in
      TaskParticipant("alone", at: barrier) { () -> ContinuousClock.Instant in
        do { try await AsyncBarrier(sharing: barrier).wait(timeout: time) } catch {}
        return .now
      }
    }
    for (end, time) in zip(ends, times) {
      #expect((try? end.result.get()).map { $0 - start >= time } == true)
    }
    for barrier in barriers { expectBroken(barrier, by: Cause(.timedOut, arrived: 1)) }
  }

  /// rule 22
  @Test func aPendingDeadlineDoesNotRetainItsBarrier() {
    weak var released: ThreadBarrier?
    do {
      let barrier = ThreadBarrier(parties: 2)
      released = barrier
      let early = task("early", at: barrier, for: .seconds(3600))
      _ = ParticipantKind.thread.participant("last", at: barrier).result
      _ = early.result
    }
    eventually { released == nil }
  }
}
