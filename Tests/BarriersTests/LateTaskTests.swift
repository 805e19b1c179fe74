import Testing

@testable import Barriers

/// All or none: a phase has one outcome, which its tasks are told however late they wake up.
///
/// The tasks are on an executor that runs them when a test says so: after everything else that it does.
struct LateTaskTests {
  enum Aftermath: CaseIterable, Sendable {
    case nothing, abort, reset, abortAndReset, timeout, cancellation, manyBrokenPhases
  }

  private let steps = StepByStep()

  /// Tasks that have arrived and are suspended.
  private func asleep(_ count: Int, at barrier: ThreadBarrier) -> [TaskParticipant<Arrival>] {
    let tasks = (0..<count).map { index in
      TaskParticipant("sleeper \(index)", at: barrier, on: steps) {
        try await AsyncBarrier(sharing: barrier).wait()
      }
    }
    steps.run()
    #expect(barrier.waitingCount == count)
    return tasks
  }

  private func cause(
    _ aftermath: Aftermath, at barrier: ThreadBarrier, _ sleepers: [TaskParticipant<Arrival>]
  ) {
    switch aftermath {
    case .nothing: break
    case .abort: barrier.abort(Fault("after"))
    case .reset: barrier.reset()
    case .abortAndReset:
      barrier.abort(Fault("after"))
      barrier.reset()
    case .timeout:
      let hasty = Kind.task.participant("hasty", at: barrier, .timeout(.zero))
      #expect(hasty.result.barrierError?.reason == .timedOut)
    case .cancellation: for sleeper in sleepers { sleeper.cancel() }
    case .manyBrokenPhases:
      for number in 0..<100 {
        barrier.abort(Fault("after \(number)"))
        barrier.reset()
      }
    }
  }

  /// rule 1, rule 18
  @Test(arguments: Aftermath.allCases, Kind.allCases)
  func aTaskOfACompletedPhaseReturnsWhateverHappensBeforeItWakesUp(after: Aftermath, last kind: Kind) {
    let barrier = ThreadBarrier(parties: 3)
    let sleepers = asleep(2, at: barrier)
    let last = kind.participant("last", at: barrier)
    expect(last.result, completed: 0, index: 2, of: barrier)
    let broken = barrier.isBroken
    cause(after, at: barrier, sleepers)
    #expect(sleepers.allSatisfy { !$0.hasLeft })
    if after == .cancellation { #expect(barrier.isBroken == broken) }
    steps.run()
    for (index, sleeper) in sleepers.enumerated() {
      expect(sleeper.result, completed: 0, index: index, of: barrier)
    }
  }

  /// rule 1, rule 12: a cancellation that comes after the phase broke for another cause is too late.
  @Test(arguments: Aftermath.allCases)
  func aTaskOfABrokenPhaseThrowsItsOwnErrorHoweverLateItWakesUp(after: Aftermath) {
    let barrier = ThreadBarrier(parties: 4)
    let sleepers = asleep(3, at: barrier)
    barrier.abort(Fault("first"))
    barrier.reset()
    cause(after, at: barrier, sleepers)
    steps.run()
    let told = Cause(.aborted, by: Fault("first"), arrived: 3)
    for sleeper in sleepers { expect(sleeper.result, brokenBy: told, at: barrier) }
  }

  /// rule 18, rule 13: a task that still is on its way out of a phase that was reset is cancelled then.
  @Test(arguments: Mixture.all)
  func aLateCancellationHarmsNoLaterPhase(mixture: Mixture) {
    let barrier = ThreadBarrier(parties: mixture.count)
    let sleepers = asleep(mixture.count - 1, at: barrier)
    barrier.reset()
    let early = mixture.early(at: barrier)
    for sleeper in sleepers { sleeper.cancel() }
    #expect(!barrier.isBroken)
    #expect(barrier.waitingCount == mixture.count - 1)
    expect(mixture.last(at: barrier).result, completed: 1, of: barrier)
    for guest in early { expect(guest.result, completed: 1, of: barrier) }
    steps.run()
    let told = Cause(.reset, arrived: mixture.count - 1)
    for sleeper in sleepers { expect(sleeper.result, brokenBy: told, at: barrier) }
    expectMeeting(of: mixture, at: barrier, phase: 2)
  }

  /// rule 1
  @Test func tasksOfManyPhasesAreEachToldOfTheirOwn() {
    let barrier = ThreadBarrier(parties: 2)
    let sleepers = (0..<50).map { number in
      let sleeper = asleep(1, at: barrier)[0]
      switch number % 3 {
      case 0:
        barrier.abort(Fault("phase \(number)"))
        barrier.reset()
      case 1: barrier.reset()
      default:
        expect(Kind.thread.participant(at: barrier).result, completed: UInt64(number), index: 1, of: barrier)
      }
      return TakenOut(sleeper: sleeper, jobs: steps.takeAll())
    }
    for (number, taken) in sleepers.enumerated().reversed() {
      steps.putBack(taken.jobs)
      steps.run()
      let phase = UInt64(number)
      let told =
        number % 3 == 0
        ? Cause(.aborted, by: Fault("phase \(number)"), phase: phase, arrived: 1)
        : Cause(.reset, phase: phase, arrived: 1)
      if number % 3 == 2 {
        expect(taken.sleeper.result, completed: phase, index: 0, of: barrier)
      } else {
        expect(taken.sleeper.result, brokenBy: told, at: barrier)
      }
    }
  }

  /// rule 2: a fast task comes back before a slow one has left.
  @Test func nobodyWaitsForSlowLeavers() {
    let barrier = ThreadBarrier(parties: 3)
    let slow = asleep(1, at: barrier)[0]
    for phase in 0..<20 as Range<UInt64> {
      // Two are enough for phase 0, to which the slow one belongs.
      let fast = [Kind.task, .thread, .task].prefix(phase == 0 ? 2 : 3).map { $0.participant(at: barrier) }
      for guest in fast { expect(guest.result, completed: phase, of: barrier) }
    }
    #expect(!slow.hasLeft)
    steps.run()
    expect(slow.result, completed: 0, index: 0, of: barrier)
  }

  /// Jobs of a task that were taken from their executor, to be put back later.
  private struct TakenOut {
    let sleeper: TaskParticipant<Arrival>
    let jobs: [UnownedJob]
  }
}
