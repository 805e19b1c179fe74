import Foundation
import Testing

@testable import Barriers

/// How long a task waits, of which a thread of the library keeps the time.
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
    task.fallsAsleep(sourceLocation: sourceLocation)
    return task
  }

  /// Waits until the timekeeper has dealt with all that was due by now.
  private func letTheTimekeeperCome() {
    let barrier = ThreadBarrier(parties: 2)
    let hasty = TaskParticipant("hasty", at: barrier) {
      try await AsyncBarrier(sharing: barrier).wait(timeout: .milliseconds(1))
    }
    #expect(hasty.result.barrierError?.reason == .timedOut)
  }

  /// rule 15
  @Test(arguments: [Duration.microseconds(1), .milliseconds(1), .milliseconds(30)])
  func nobodyTimesOutEarly(timeout: Duration) {
    let barrier = ThreadBarrier(parties: 2, timeout: timeout)
    for wait in [{ _ in .own }, { _ in .timeout(timeout) }, { .until($0 + timeout) }]
      as [(ContinuousClock.Instant) -> Wait]
    {
      let start = ContinuousClock.now
      let alone = Kind.task.participant("alone", at: barrier, wait(start))
      #expect(alone.result.barrierError?.reason == .timedOut)
      #expect(ContinuousClock.now - start >= timeout)
      barrier.reset()
    }
  }

  /// rule 15
  @Test(arguments: TimeoutTests.centuries)
  func aLargeTimeoutIsForEver(timeout: Duration) {
    let barrier = ThreadBarrier(parties: 4, timeout: timeout)
    let far = ContinuousClock.now.advanced(by: min(timeout, Duration(attoseconds: .max) - .seconds(1 << 40)))
    let waiting = [Wait.own, .timeout(timeout), .until(far)].map {
      Kind.task.participant("waiting", at: barrier, $0)
    }
    eventually { barrier.waitingCount == 3 }
    for task in waiting { task.fallsAsleep() }
    letTheTimekeeperCome()
    #expect(!barrier.isBroken)
    expect(Kind.task.participant("last", at: barrier).result, completed: 0, index: 3, of: barrier)
    for task in waiting { expect(task.result, completed: 0, of: barrier) }
  }

  /// rule 15
  @Test func aTimeoutGivenToWaitReplacesTheBarriersOwn() {
    let barrier = ThreadBarrier(parties: 2, timeout: .zero)
    let patient = task("patient", at: barrier, for: .seconds(1 << 40))
    letTheTimekeeperCome()
    #expect(!barrier.isBroken)
    // And the barrier's own lets the last one pass.
    expect(Kind.task.participant("last", at: barrier).result, completed: 0, index: 1, of: barrier)
    expect(patient.result, completed: 0, index: 0, of: barrier)
  }

  /// rule 14
  @Test func anEarlierDeadlineThatIsSetLaterComesFirst() {
    let (barrier, other) = (ThreadBarrier(parties: 4), ThreadBarrier(parties: 2))
    let patient = [
      task("patient", at: barrier, for: .seconds(3600)), task("elsewhere", at: other, for: .seconds(3600)),
    ]
    let lessSo = task("less patient", at: barrier, for: .seconds(1800))
    let hasty = Kind.task.participant("hasty", at: barrier, .timeout(.milliseconds(5)))
    let told = Cause(.timedOut, arrived: 3)
    expect(hasty.result, brokenBy: told, at: barrier, isOrigin: true)
    for task in [patient[0], lessSo] { expect(task.result, brokenBy: told, at: barrier) }
    #expect(hasty.result.barrierError?.description.contains("timed out after 0.005 s with 3 of 4") == true)
    expectBrokenForAll(barrier, by: told)
    // A party that goes out of scope is waited for: not before the reset that frees it.
    withExtendedLifetime(patient) {
      #expect(!patient[1].hasLeft && !other.isBroken)
      other.reset()
    }
  }

  /// rule 14: a phase that completed has no deadline any more.
  @Test func theDeadlineOfAPhaseThatIsOverBreaksNoLaterOne() {
    let barrier = ThreadBarrier(parties: 2)
    let deadline = ContinuousClock.now + .milliseconds(150)
    var phase: UInt64 = 0
    for end in [{}, { barrier.abort() }, { barrier.reset() }] {
      let early = Kind.task.participant("early", at: barrier, .until(deadline))
      eventually { barrier.waitingCount == 1 || barrier.isBroken }
      guard !barrier.isBroken else { return }  // A slow machine: the story did not begin in time.
      if phase == 0 { _ = Kind.thread.participant("last", at: barrier).result }
      end()
      _ = early.result
      barrier.reset()
      phase += 1
    }
    let patient = [Kind.task.participant("patient", at: barrier)]
    eventually { barrier.waitingCount == 1 }
    passing(deadline)
    letTheTimekeeperCome()
    #expect(!barrier.isBroken)
    expect(Kind.task.participant("last", at: barrier).result, completed: 3, index: 1, of: barrier)
    expect(patient[0].result, completed: 3, index: 0, of: barrier)
  }

  /// rule 14, rule 15: nor do the deadlines of earlier phases, sooner or later, keep a later one's from coming, or make
  /// it come early.
  @Test(arguments: [Duration.milliseconds(3), .milliseconds(40), .seconds(3600)], [true, false])
  func aLaterPhaseStillTimesOut(earlier: Duration, completes: Bool) {
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
      if completes { _ = [Kind.task, .thread].map { $0.participant(at: barrier) }.map { $0.result } }
      if barrier.phase == phase { barrier.reset() }
      barrier.reset()
      _ = early.result
    }
  }

  /// rule 15
  @Test func manyBarriersHaveDeadlinesOfTheirOwn() {
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

  /// rule 22: the timekeeper keeps no barrier alive.
  @Test func aBarrierThatIsLetGoBeforeItsDeadlineIsGone() {
    weak var gone: ThreadBarrier?
    do {
      let barrier = ThreadBarrier(parties: 2)
      gone = barrier
      let early = task("early", at: barrier, for: .seconds(3600))
      _ = Kind.thread.participant("last", at: barrier).result
      _ = early.result
    }
    eventually { gone == nil }
  }
}
