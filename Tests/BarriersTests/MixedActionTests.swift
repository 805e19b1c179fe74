import Foundation
import Testing

@testable import Barriers

/// The action when a thread, a work item or a task runs it.
struct MixedActionTests {
  /// rule 7, rule 20
  @Test(arguments: ArrivalOrder.all)
  func theActionRunsOnceAPhaseOnTheThreadOfTheLastArrival(order: ArrivalOrder) {
    let (threads, phases) = (SharedLog<String>(), SharedLog<UInt64>())
    let barrier = ThreadBarrier(parties: order.count) { phase in
      phases.add(phase)
      threads.add("\(pthread_self())")
    }
    let early = order.startAllButLast(at: barrier)
    let last = order.kinds.last!.repeatingParticipant("last", at: barrier) { soFar in
      threads.add("\(pthread_self())")
      return soFar.isEmpty ? .defaultTimeout : nil
    }
    #expect((try? last.result.get())?.first?.arrival?.isLast == true)
    for participant in early { expect(participant.result, completed: 0, of: barrier) }
    // Before the wait, in the action, and after it.
    #expect(threads.all.count == 3 && Set(threads.all).count == 1)
    #expect(phases.all == [0])
  }

  /// rule 7: task-local values are available in the action.
  @Test func theActionRunsInTheTaskThatArrivedLast() {
    let names = SharedLog<String>()
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
  @Test(arguments: ArrivalOrder.all)
  func theActionRunsAfterAllHaveArrivedAndBeforeAnyIsReleased(order: ArrivalOrder) {
    let (arrivals, departures, wrong) = (Counter(), Counter(), Counter())
    let barrier = ThreadBarrier(parties: order.count) { phase in
      let done = Int(phase) * order.count
      for _ in 0..<5 {
        sched_yield()
        if arrivals.now != done + order.count || departures.now > done { wrong.add() }
      }
    }
    let participants = order.kinds.map { kind in
      kind.repeatingParticipant(at: barrier) { soFar in
        if !soFar.isEmpty { departures.add() }
        guard soFar.count < 30 else { return nil }
        // Wait until all parties of the previous phase have left, so that the action's counts are exact.
        eventually { departures.now == soFar.count * order.count }
        arrivals.add()
        return .defaultTimeout
      }
    }
    for participant in participants { _ = participant.result }
    #expect(wrong.now == 0)
    #expect(departures.now == 30 * order.count)
  }

  /// rule 8, rule 12, rule 20
  @Test(arguments: ArrivalOrder.all)
  func ifTheActionThrowsThePhaseBreaksForAll(order: ArrivalOrder) {
    let barrier = ThreadBarrier(parties: order.count, label: "halo") { phase in
      if phase == 0 { throw Fault("phase 0") }
    }
    let early = order.startAllButLast(at: barrier)
    let failed = Cause(.actionFailed, by: Fault("phase 0"), arrived: order.count)
    expect(order.startLast(at: barrier).result, brokenBy: failed, at: barrier, isOrigin: true)
    for participant in early { expect(participant.result, brokenBy: failed, at: barrier) }
    expectBrokenForAll(barrier, by: failed)
    barrier.reset()
    expectArrivals(of: order, at: barrier, phase: 1)
  }

  /// rule 9
  @Test(arguments: ArrivalOrder.all, ActionInterruptedTests.Call.allCases)
  func theActionMayBreakItsOwnPhase(order: ArrivalOrder, call: ActionInterruptedTests.Call) {
    let barrier = ThreadBarrier.passingItselfToAction(parties: order.count) { barrier, phase in
      if phase == 0 { call.perform(at: barrier) }
    }
    let cause = call.cause(arrived: order.count)
    let early = order.startAllButLast(at: barrier)
    expect(order.startLast(at: barrier).result, brokenBy: cause, at: barrier)
    for participant in early { expect(participant.result, brokenBy: cause, at: barrier) }
    if call == .abort {
      expectBrokenForAll(barrier, by: cause)
      barrier.reset()
    }
    expectArrivals(of: order, at: barrier, phase: 1)
  }

  /// rule 9, rule 12
  @Test(arguments: ArrivalOrder.all, ActionInterruptedTests.Call.allCases)
  func allWaitersOfAHungActionCanBeFreed(order: ArrivalOrder, call: ActionInterruptedTests.Call) {
    let gate = Gate()
    let barrier = ThreadBarrier(parties: order.count) { phase in if phase == 0 { gate.pass() } }
    let early = order.startAllButLast(at: barrier)
    let runner = order.startLast(at: barrier)
    eventually { gate.arrivals == 1 }
    let surplus = ParticipantKind.allCases.map { $0.participant("surplus", at: barrier) }
    eventually { barrier.callers == order.count + surplus.count }
    for participant in surplus { participant.waitUntilAsleep() }
    call.perform(at: barrier)
    let cause = call.cause(arrived: order.count)
    for participant in early + surplus { expect(participant.result, brokenBy: cause, at: barrier) }
    #expect(!runner.hasLeft)
    if call == .abort { barrier.reset() }
    expectArrivals(of: order, at: barrier, phase: 1)  // while the action of phase 0 still runs
    gate.open()
    expect(runner.result, brokenBy: cause, at: barrier)
  }

  /// rule 10
  @Test(arguments: ArrivalOrder.all)
  func aTimeoutThatPassesDuringTheActionChangesNothing(order: ArrivalOrder) {
    let gate = Gate()
    let barrier = ThreadBarrier(parties: order.count) { _ in gate.pass() }
    let deadline = ContinuousClock.now + .milliseconds(300)
    let early = order.kinds.dropLast().map { $0.participant("early", at: barrier, .until(deadline)) }
    eventually { barrier.waitingCount == order.count - 1 || barrier.isBroken }
    let last = order.startLast(at: barrier, .until(deadline))
    eventually { gate.arrivals == 1 || barrier.isBroken }
    guard gate.arrivals == 1 else { return gate.open() }  // A slow machine: the timeout passed first.
    waitPast(deadline + .milliseconds(20))
    for participant in early { participant.waitUntilAsleep() }
    #expect(!barrier.isBroken)
    gate.open()
    for participant in early + [last] { expect(participant.result, completed: 0, of: barrier) }
  }
}

private enum TaskName {
  @TaskLocal static var current = "none"
}
