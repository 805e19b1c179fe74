import Foundation
import Testing

@testable import Barriers

/// The action, whoever runs it: a thread, a work item or a task.
struct MixedActionTests {
  /// rule 7, rule 20
  @Test(arguments: Mixture.all)
  func itRunsOnceAPhaseWhereTheLastPartyRuns(mixture: Mixture) {
    let (threads, phases) = (Notes<String>(), Notes<UInt64>())
    let barrier = ThreadBarrier(parties: mixture.count) { phase in
      phases.add(phase)
      threads.add("\(pthread_self())")
    }
    let early = mixture.early(at: barrier)
    let last = mixture.kinds.last!.regular("last", at: barrier) { soFar in
      threads.add("\(pthread_self())")
      return soFar.isEmpty ? .own : nil
    }
    #expect((try? last.result.get())?.first?.arrival?.isLast == true)
    for guest in early { expect(guest.result, completed: 0, of: barrier) }
    // Before the wait, in the action, and after it.
    #expect(threads.all.count == 3 && Set(threads.all).count == 1)
    #expect(phases.all == [0])
  }

  /// rule 7: what the task has for itself is there in the action too.
  @Test func itRunsInTheTaskThatArrivedLast() {
    let names = Notes<String>()
    let barrier = AsyncBarrier(parties: 2) { _ in names.add(TaskName.current) }
    let early = TaskParticipant("early", at: barrier.threadBarrier) { try await barrier.wait() }
    eventually { barrier.waitingCount == 1 }
    let last = TaskParticipant("last", at: barrier.threadBarrier) {
      try await TaskName.$current.withValue("last") { try await barrier.wait() }
    }
    expect(last.result, completed: 0, index: 1, of: barrier.threadBarrier)
    expect(early.result, completed: 0, index: 0, of: barrier.threadBarrier)
    #expect(names.all == ["last"])
  }

  /// rule 7, rule 6
  @Test(arguments: Mixture.all)
  func itRunsAfterAllHaveArrivedAndBeforeAnyIsReleased(mixture: Mixture) {
    let (arrivals, departures, wrong) = (Counter(), Counter(), Counter())
    let barrier = ThreadBarrier(parties: mixture.count) { phase in
      let done = Int(phase) * mixture.count
      for _ in 0..<5 {
        sched_yield()
        if arrivals.now != done + mixture.count || departures.now > done { wrong.add() }
      }
    }
    let regulars = mixture.kinds.map { kind in
      kind.regular(at: barrier) { soFar in
        if !soFar.isEmpty { departures.add() }
        guard soFar.count < 30 else { return nil }
        // Not before the last party of the phase before has left, so that the action knows what to count.
        eventually { departures.now == soFar.count * mixture.count }
        arrivals.add()
        return .own
      }
    }
    for regular in regulars { _ = regular.result }
    #expect(wrong.now == 0)
    #expect(departures.now == 30 * mixture.count)
  }

  /// rule 8, rule 12, rule 20
  @Test(arguments: Mixture.all)
  func ifItThrowsThePhaseBreaksForAll(mixture: Mixture) {
    let barrier = ThreadBarrier(parties: mixture.count, label: "halo") { phase in
      if phase == 0 { throw Fault("phase 0") }
    }
    let early = mixture.early(at: barrier)
    let failed = Cause(.actionFailed, by: Fault("phase 0"), arrived: mixture.count)
    expect(mixture.last(at: barrier).result, brokenBy: failed, at: barrier, isOrigin: true)
    for guest in early { expect(guest.result, brokenBy: failed, at: barrier) }
    expectBrokenForAll(barrier, by: failed)
    barrier.reset()
    expectMeeting(of: mixture, at: barrier, phase: 1)
  }

  /// rule 9
  @Test(arguments: Mixture.all, ActionInterruptedTests.Call.allCases)
  func itMayBreakItsOwnPhase(mixture: Mixture, call: ActionInterruptedTests.Call) {
    let barrier = ThreadBarrier.withOwnAction(parties: mixture.count) { barrier, phase in
      if phase == 0 { call.make(at: barrier) }
    }
    let told = call.breakage(arrived: mixture.count)
    let early = mixture.early(at: barrier)
    expect(mixture.last(at: barrier).result, brokenBy: told, at: barrier)
    for guest in early { expect(guest.result, brokenBy: told, at: barrier) }
    if call == .abort {
      expectBrokenForAll(barrier, by: told)
      barrier.reset()
    }
    expectMeeting(of: mixture, at: barrier, phase: 1)
  }

  /// rule 9, rule 12
  @Test(arguments: Mixture.all, ActionInterruptedTests.Call.allCases)
  func aHungActionHoldsNobodyHostage(mixture: Mixture, call: ActionInterruptedTests.Call) {
    let gate = Gate()
    let barrier = ThreadBarrier(parties: mixture.count) { phase in if phase == 0 { gate.pass() } }
    let early = mixture.early(at: barrier)
    let runner = mixture.last(at: barrier)
    eventually { gate.visitors == 1 }
    let surplus = Kind.allCases.map { $0.participant("surplus", at: barrier) }
    eventually { barrier.callers == mixture.count + surplus.count }
    for guest in surplus { guest.fallsAsleep() }
    call.make(at: barrier)
    let told = call.breakage(arrived: mixture.count)
    for guest in early + surplus { expect(guest.result, brokenBy: told, at: barrier) }
    #expect(!runner.hasLeft)
    if call == .abort { barrier.reset() }
    expectMeeting(of: mixture, at: barrier, phase: 1)  // while the action of phase 0 still runs
    gate.open()
    expect(runner.result, brokenBy: told, at: barrier)
  }

  /// rule 10
  @Test(arguments: Mixture.all)
  func aTimeoutThatEndsWhileItRunsChangesNothing(mixture: Mixture) {
    let gate = Gate()
    let barrier = ThreadBarrier(parties: mixture.count) { _ in gate.pass() }
    let deadline = ContinuousClock.now + .milliseconds(300)
    let early = mixture.kinds.dropLast().map { $0.participant("early", at: barrier, .until(deadline)) }
    eventually { barrier.waitingCount == mixture.count - 1 || barrier.isBroken }
    let last = mixture.last(at: barrier, .until(deadline))
    eventually { gate.visitors == 1 || barrier.isBroken }
    guard gate.visitors == 1 else { return gate.open() }  // A slow machine: nobody came in time.
    passing(deadline + .milliseconds(20))
    for guest in early { guest.fallsAsleep() }
    #expect(!barrier.isBroken)
    gate.open()
    for guest in early + [last] { expect(guest.result, completed: 0, of: barrier) }
  }
}

private enum TaskName {
  @TaskLocal static var current = "nobody's"
}
