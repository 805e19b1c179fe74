import Testing

@testable import Barriers

/// What went wrong in other libraries' barriers, one test for each.
struct OtherLibrariesBugsTests {
  /// rule 1: in Python, an abort after the phase had completed failed those who had not woken up yet.
  @Test func anAbortAfterCompletionDoesNotFailTheWaiters() {
    stress { _ in
      let barrier = ThreadBarrier(parties: 4, strategy: .parking)
      let outcomes = crew(of: 4, at: barrier) { _ in
        let arrival = try barrier.wait()
        if arrival.isLast { barrier.abort(Fault("too late")) }
        return arrival
      }
      expectAllOrNone(outcomes, parties: 4)
      #expect(outcomes.allSatisfy { $0.arrival?.phase == 0 })
      expectBroken(barrier, by: Cause(.aborted, by: Fault("too late"), phase: 1, arrived: 0))
    }
  }

  /// rule 11: in Java and Python, an action that waits at its own barrier hangs. Here it traps, and it may do all
  /// else that one could want: see ``MisuseTests`` for the trap.
  @Test func anActionMayCallEverythingButWait() {
    let barrier = ThreadBarrier.withOwnAction(parties: 3, label: "halo") { barrier, phase in
      guard phase == 0 else { return }
      _ = (barrier.description, barrier.waitingCount, barrier.isBroken, barrier.phase, barrier.parties)
      barrier.abortOnError { barrier.abort(Fault("first")) }
      barrier.reset()
      barrier.abort(Fault("second"))
      barrier.reset()
    }
    for outcome in crew(of: 3, at: barrier, { _ in try barrier.wait() }) {
      expect(outcome, brokenBy: Cause(.aborted, by: Fault("first"), arrived: 3), at: barrier)
    }
    expectFresh(barrier, phase: 2)
  }

  /// rule 1, rule 8: in .NET, the error of a failed action sits in one field for all phases, so that a slow party
  /// reads the one of a later phase.
  @Test func theErrorOfALaterPhaseIsNotReadInstead() {
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

  /// rule 4: in libuv, a surplus thread could make a phase have two leaders.
  @Test func surplusThreadsMakeNoSecondLeader() {
    stress { _ in
      let (parties, callers) = (2, 6)
      let leaders = Counter()
      let barrier = ThreadBarrier(parties: parties, strategy: .parking)
      let tickets = Counter(parties * 50)
      _ = crew(of: callers, at: barrier) { _ in
        while tickets.add(-1) >= 0 { if try barrier.wait().isLast { leaders.add() } }
      }
      #expect(leaders.now == 50)
      #expect(barrier.phase == 50)
    }
  }

  /// rule 8: in Boost and Arrow, an action that failed left the waiters to wait for ever.
  @Test func aFailedActionStrandsNobody() {
    stress { _ in
      let barrier = ThreadBarrier(parties: 4, strategy: .parking) { _ in throw Fault("no") }
      let failed = Cause(.actionFailed, by: Fault("no"), arrived: 4)
      let outcomes = crew(of: 6, at: barrier) { _ in try barrier.wait() }
      #expect(outcomes.allSatisfy { $0.barrierError != nil })
      expectAllOrNone(outcomes, parties: 4)
      expectBroken(barrier, by: failed)
    }
  }

  /// rule 2: in many, a fast thread that comes back overtakes a slow one that has not left, and takes its place or
  /// its wake-up.
  @Test func aFastThreadDoesNotTakeTheWakeUpOfASlowOne() {
    let barrier = ThreadBarrier(parties: 2, strategy: .parking)
    let slow = ThreadParticipant("slow", at: barrier) { try barrier.wait() }
    eventually { barrier.waitingCount == 1 }
    slow.freeze()
    let fast = ThreadParticipant("fast", at: barrier) { [try barrier.wait(), try barrier.wait()] }
    eventually { barrier.phase == 1 && barrier.waitingCount == 1 }
    fast.fallsAsleep()
    slow.thaw()
    expect(slow.result, completed: 0, index: 0, of: barrier)
    #expect(!fast.hasLeft)
    expect(
      ThreadParticipant("partner", at: barrier) { try barrier.wait() }.result, completed: 1, index: 1,
      of: barrier)
    #expect((try? fast.result.get().map(\.index)) == [1, 0])
  }
}
