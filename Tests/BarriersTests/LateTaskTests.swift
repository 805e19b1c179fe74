import Testing

@testable import Barriers

/// All or none: a phase has one outcome, which its tasks get however late they resume.
///
/// The tasks' executor runs them when the test says so: after everything else.
struct LateTaskTests {
  enum Aftermath: CaseIterable, Sendable {
    case nothing, abort, reset, abortAndReset, timeout, cancellation, manyBrokenPhases
  }

  private let executor = ManualExecutor()

  /// Starts tasks that have arrived and are suspended.
  private func startSuspended(_ count: Int, at barrier: ThreadBarrier) -> [TaskParticipant<Arrival>] {
    let tasks = (0..<count).map { index in
      TaskParticipant("waiter \(index)", at: barrier, on: executor) {
        try await AsyncBarrier(sharing: barrier).wait()
      }
    }
    executor.run()
    #expect(barrier.waitingCount == count)
    return tasks
  }

  private func perform(
    _ aftermath: Aftermath, at barrier: ThreadBarrier, _ waiters: [TaskParticipant<Arrival>]
  ) {
    switch aftermath {
    case .nothing: break
    case .abort: barrier.abort(Fault("after"))
    case .reset: barrier.reset()
    case .abortAndReset:
      barrier.abort(Fault("after"))
      barrier.reset()
    case .timeout:
      let timedWaiter = ParticipantKind.task.participant("timed waiter", at: barrier, .timeout(.zero))
      #expect(timedWaiter.result.barrierError?.reason == .timedOut)
    case .cancellation: for waiter in waiters { waiter.cancel() }
    case .manyBrokenPhases:
      for number in 0..<100 {
        barrier.abort(Fault("after \(number)"))
        barrier.reset()
      }
    }
  }

  /// rule 1, rule 18
  @Test(arguments: Aftermath.allCases, ParticipantKind.allCases)
  func aTaskOfACompletedPhaseReturnsWhateverHappensBeforeItResumes(
    after: Aftermath, last kind: ParticipantKind
  ) {
    let barrier = ThreadBarrier(parties: 3)
    let waiters = startSuspended(2, at: barrier)
    let last = kind.participant("last", at: barrier)
    expect(last.result, completed: 0, index: 2, of: barrier)
    let broken = barrier.isBroken
    perform(after, at: barrier, waiters)
    #expect(waiters.allSatisfy { !$0.hasLeft })
    if after == .cancellation { #expect(barrier.isBroken == broken) }
    executor.run()
    for (index, waiter) in waiters.enumerated() {
      expect(waiter.result, completed: 0, index: index, of: barrier)
    }
  }

  /// rule 1, rule 12: a cancellation after the phase broke with another cause is too late.
  @Test(arguments: Aftermath.allCases)
  func aTaskOfABrokenPhaseThrowsThatPhasesErrorHoweverLateItResumes(after: Aftermath) {
    let barrier = ThreadBarrier(parties: 4)
    let waiters = startSuspended(3, at: barrier)
    barrier.abort(Fault("first"))
    barrier.reset()
    perform(after, at: barrier, waiters)
    executor.run()
    let cause = Cause(.aborted, by: Fault("first"), arrived: 3)
    for waiter in waiters { expect(waiter.result, brokenBy: cause, at: barrier) }
  }

  /// rule 18, rule 13: the cancelled task has not yet resumed from a phase that was reset.
  @Test(arguments: ArrivalOrder.all)
  func aLateCancellationBreaksNoLaterPhase(order: ArrivalOrder) {
    let barrier = ThreadBarrier(parties: order.count)
    let waiters = startSuspended(order.count - 1, at: barrier)
    barrier.reset()
    let early = order.startAllButLast(at: barrier)
    for waiter in waiters { waiter.cancel() }
    #expect(!barrier.isBroken)
    #expect(barrier.waitingCount == order.count - 1)
    expect(order.startLast(at: barrier).result, completed: 1, of: barrier)
    for participant in early { expect(participant.result, completed: 1, of: barrier) }
    executor.run()
    let cause = Cause(.reset, arrived: order.count - 1)
    for waiter in waiters { expect(waiter.result, brokenBy: cause, at: barrier) }
    expectArrivals(of: order, at: barrier, phase: 2)
  }

  /// rule 1
  @Test func tasksOfManyPhasesEachGetTheOutcomeOfTheirOwnPhase() {
    let barrier = ThreadBarrier(parties: 2)
    let waiters = (0..<50).map { number in
      let waiter = startSuspended(1, at: barrier)[0]
      switch number % 3 {
      case 0:
        barrier.abort(Fault("phase \(number)"))
        barrier.reset()
      case 1: barrier.reset()
      default:
        expect(
          ParticipantKind.thread.participant(at: barrier).result, completed: UInt64(number), index: 1,
          of: barrier)
      }
      return SuspendedTask(waiter: waiter, jobs: executor.takeAll())
    }
    for (number, taken) in waiters.enumerated().reversed() {
      executor.putBack(taken.jobs)
      executor.run()
      let phase = UInt64(number)
      let cause =
        number % 3 == 0
        ? Cause(.aborted, by: Fault("phase \(number)"), phase: phase, arrived: 1)
        : Cause(.reset, phase: phase, arrived: 1)
      if number % 3 == 2 {
        expect(taken.waiter.result, completed: phase, index: 0, of: barrier)
      } else {
        expect(taken.waiter.result, brokenBy: cause, at: barrier)
      }
    }
  }

  /// rule 2: fast tasks wait again before a slow one has left.
  @Test func laterPhasesDoNotWaitForATaskThatResumesLate() {
    let barrier = ThreadBarrier(parties: 3)
    let slow = startSuspended(1, at: barrier)[0]
    for phase in 0..<20 as Range<UInt64> {
      // Phase 0 needs only two more, because the slow task belongs to it.
      let fast = [ParticipantKind.task, .thread, .task].prefix(phase == 0 ? 2 : 3).map {
        $0.participant(at: barrier)
      }
      for participant in fast { expect(participant.result, completed: phase, of: barrier) }
    }
    #expect(!slow.hasLeft)
    executor.run()
    expect(slow.result, completed: 0, index: 0, of: barrier)
  }

  /// A task whose jobs were taken from its executor, to be put back later.
  private struct SuspendedTask {
    let waiter: TaskParticipant<Arrival>
    let jobs: [UnownedJob]
  }
}
