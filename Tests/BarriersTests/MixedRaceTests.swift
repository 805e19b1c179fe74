import Foundation
import Testing

@testable import Barriers

/// Whatever happens at the same instant to tasks and threads, a phase has one outcome for all its parties.
/// No task is resumed twice: that would crash the process.
struct MixedRaceTests {
  /// rule 1, rule 12, rule 14, rule 18, rule 19, rule 20
  @Test(arguments: MixedRace.Event.pairs, MixedRace.Mix.allCases)
  func twoEventsAtTheSameInstantHaveOneOutcome(events: [MixedRace.Event], mix: MixedRace.Mix) {
    stress(share: MixedRace.Event.pairs.count) { _ in
      for _ in 0..<10 {
        let race = MixedRace(events, mix: mix)
        expectAllOrNone(race.run(delay: .microseconds(Int.random(in: 0...400))), parties: MixedRace.parties)
      }
    }
  }

  /// rule 18: the cancellation wins or loses for all parties.
  @Test(arguments: [2, 3, 8], ParticipantKind.allCases)
  func aCancellationThatRacesTheLastArrivalHasOneWinnerForAll(count: Int, last: ParticipantKind) {
    stress(share: 9) { round in
      let barrier = ThreadBarrier(parties: count)
      let tasks = (1..<count).map { _ in
        TaskParticipant(at: barrier) { try await AsyncBarrier(sharing: barrier).wait() }
      }
      if round.isMultiple(of: 2) { eventually { barrier.waitingCount == count - 1 } }
      let participant = last.participant("last", at: barrier)
      for _ in 0..<round % 50 { sched_yield() }
      tasks[0].cancel()
      let outcomes = [participant.result] + tasks.map(\.result)
      expectAllOrNone(outcomes, parties: count)
      let completed = outcomes.count { $0.arrival != nil }
      #expect(completed == 0 || completed == count)
      #expect(tasks[0].isCancelled == (completed == 0))
      #expect(
        outcomes.compactMap(\.barrierError).allSatisfy { $0.reason == .cancelled && $0.arrived < count })
      #expect(barrier.isBroken == (completed == 0))
    }
  }

  /// rule 1, rule 19: the last arrival has completed its phase, and is delayed before it resumes the
  /// waiters. Tasks that suspend in the next phase meanwhile are not resumed.
  @Test func tasksOfTheNextPhaseAreNotResumedWithThoseOfThePastPhase() {
    let barrier = ThreadBarrier(parties: 4)
    let early = (0..<3).map { _ in ParticipantKind.task.participant("early", at: barrier) }
    eventually { barrier.waitingCount == 3 }
    for task in early { task.waitUntilAsleep() }
    // The last arrival needs the lock to resume them.
    let hold = Gate()
    let holder = ThreadParticipant("holds the lock") { barrier.core.locked.withLock { _ in hold.pass() } }
    eventually { hold.arrivals == 1 }
    let last = ThreadParticipant("last", at: barrier) { try barrier.wait() }
    eventually { barrier.phase == 1 }
    last.freeze()
    hold.open()
    _ = holder.result
    let next = (0..<3).map { _ in ParticipantKind.task.participant("next", at: barrier) }
    eventually { barrier.waitingCount == 3 }
    for task in next { task.waitUntilAsleep() }
    last.thaw()
    expect(last.result, completed: 0, index: 3, of: barrier)
    for task in early { expect(task.result, completed: 0, of: barrier) }
    for task in next { task.waitUntilAsleep() }
    #expect(next.allSatisfy { !$0.hasLeft })
    expect(
      ParticipantKind.thread.participant("last", at: barrier).result, completed: 1, index: 3, of: barrier)
    for task in next { expect(task.result, completed: 1, of: barrier) }
  }
}
