import Testing

@testable import Barriers

/// Bugs of other libraries' barriers, one test for each.
struct OtherLibrariesBugsTests {
  /// rule 1: in Python, an abort after a completed phase failed the parties that had not woken up yet.
  @Test func anAbortAfterCompletionDoesNotFailTheWaiters() {
    stress { _ in
      let barrier = ThreadBarrier(parties: 4, strategy: .parking)
      let outcomes = onThreads(4, at: barrier) { _ in
        let arrival = try barrier.wait()
        if arrival.isLast { barrier.abort(Fault("too late")) }
        return arrival
      }
      expectAllOrNone(outcomes, parties: 4)
      #expect(outcomes.allSatisfy { $0.arrival?.phase == 0 })
      expectBroken(barrier, by: Cause(.aborted, by: Fault("too late"), phase: 1, arrived: 0))
    }
  }

  /// rule 11: in Java and Python, an action that waits at its own barrier hangs. Here the call traps (see
  /// ``MisuseTests``). The action may call everything else.
  @Test func anActionMayCallEverythingButWait() {
    let barrier = ThreadBarrier.passingItselfToAction(parties: 3, label: "halo") { barrier, phase in
      guard phase == 0 else { return }
      _ = (barrier.description, barrier.waitingCount, barrier.isBroken, barrier.phase, barrier.parties)
      barrier.abortOnError { barrier.abort(Fault("first")) }
      barrier.reset()
      barrier.abort(Fault("second"))
      barrier.reset()
    }
    for outcome in onThreads(3, at: barrier, { _ in try barrier.wait() }) {
      expect(outcome, brokenBy: Cause(.aborted, by: Fault("first"), arrived: 3), at: barrier)
    }
    expectFresh(barrier, phase: 2)
  }

  /// rule 1, rule 8: in .NET, one field holds the error of a failed action for all phases, so a slow party
  /// reads the error of a later phase.
  @Test func aSlowPartyDoesNotReadTheErrorOfALaterPhase() {
    let barrier = ThreadBarrier(parties: 2) { phase in throw Fault("phase \(phase)") }
    let slow = ThreadParticipant("slow", at: barrier) { try barrier.wait() }
    eventually { barrier.waitingCount == 1 }
    slow.freeze()
    let first = ThreadParticipant("first", at: barrier) { try barrier.wait() }
    let failed = Cause(.actionFailed, by: Fault("phase 0"), arrived: 2)
    expect(first.result, brokenBy: failed, at: barrier, isOrigin: true)
    barrier.reset()
    barrier.abort(Fault("phase 1"))
    slow.thaw()
    expect(slow.result, brokenBy: failed, at: barrier)
  }

  /// rule 4: in libuv, a surplus thread could give a phase two leaders.
  @Test func surplusThreadsCauseNoSecondLeader() {
    stress { _ in
      let (parties, callers) = (2, 6)
      let leaders = Counter()
      let barrier = ThreadBarrier(parties: parties, strategy: .parking)
      let tickets = Counter(parties * 50)
      _ = onThreads(callers, at: barrier) { _ in
        while tickets.add(-1) >= 0 { if try barrier.wait().isLast { leaders.add() } }
      }
      #expect(leaders.now == 50)
      #expect(barrier.phase == 50)
    }
  }

  /// rule 8: in Boost and Arrow, the waiters waited forever after a failed action.
  @Test func aFailedActionFreesAllWaiters() {
    stress { _ in
      let barrier = ThreadBarrier(parties: 4, strategy: .parking) { _ in throw Fault("no") }
      let failed = Cause(.actionFailed, by: Fault("no"), arrived: 4)
      let outcomes = onThreads(6, at: barrier) { _ in try barrier.wait() }
      #expect(outcomes.allSatisfy { $0.barrierError != nil })
      expectAllOrNone(outcomes, parties: 4)
      expectBroken(barrier, by: failed)
    }
  }

  /// rule 2: in many libraries, a fast thread that waits again overtakes a slow one that has not left, and
  /// takes its place or its wake-up.
  @Test func aFastThreadDoesNotTakeTheWakeUpOfASlowOne() {
    let barrier = ThreadBarrier(parties: 2, strategy: .parking)
    let slow = ThreadParticipant("slow", at: barrier) { try barrier.wait() }
    eventually { barrier.waitingCount == 1 }
    slow.freeze()
    let fast = ThreadParticipant("fast", at: barrier) { [try barrier.wait(), try barrier.wait()] }
    eventually { barrier.phase == 1 && barrier.waitingCount == 1 }
    fast.waitUntilAsleep()
    slow.thaw()
    expect(slow.result, completed: 0, index: 0, of: barrier)
    #expect(!fast.hasLeft)
    expect(
      ThreadParticipant("partner", at: barrier) { try barrier.wait() }.result, completed: 1, index: 1,
      of: barrier)
    #expect((try? fast.result.get().map(\.index)) == [1, 0])
  }
}
