import Testing

@testable import Barriers

/// A cancelled task breaks the phase in which it waits or would wait. It throws `CancellationError`; the
/// other parties throw `BrokenBarrierError` with the reason `cancelled`.
struct CancellationTests {
  /// Starts a task that is cancelled before it arrives.
  private func cancelledParticipant(
    at barrier: ThreadBarrier, _ wait: Wait = .defaultTimeout,
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> TaskParticipant<Arrival> {
    TaskParticipant("cancelled", at: barrier, sourceLocation: sourceLocation) {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await wait(at: AsyncBarrier(sharing: barrier))
    }
  }

  static let waits = [
    Wait.defaultTimeout, .timeout(.zero), .timeout(.seconds(3600)), .until(.now + .seconds(3600)),
  ]

  /// rule 18
  @Test(arguments: [1, 2, 5])
  func aTaskCancelledBeforeItsArrivalBreaksAnIdleBarrier(count: Int) {
    let barrier = ThreadBarrier(parties: count, label: "halo")
    for (round, wait) in Self.waits.enumerated() {
      let phase = UInt64(round)
      #expect(cancelledParticipant(at: barrier, wait).isCancelled)
      expectBrokenForAll(barrier, by: Cause(.cancelled, phase: phase, arrived: 0))
      barrier.reset()
    }
    expectFresh(barrier, phase: UInt64(Self.waits.count))
  }

  /// rule 18, rule 20: all other parties wait.
  @Test(arguments: ArrivalOrder.all)
  func aTaskCancelledBeforeItsArrivalBreaksThePhaseOfTheOthers(order: ArrivalOrder) {
    let barrier = ThreadBarrier(parties: order.count, label: "halo")
    let waiting = order.startAllButLast(at: barrier)
    #expect(cancelledParticipant(at: barrier).isCancelled)
    let cause = Cause(.cancelled, arrived: order.count - 1)
    for participant in waiting { expect(participant.result, brokenBy: cause, at: barrier) }
    expectBrokenForAll(barrier, by: cause)
    barrier.reset()
    expectArrivals(of: order, at: barrier, phase: 1)
  }

  /// rule 18, rule 12
  @Test func aCancelledTaskAtABrokenBarrierKeepsTheFirstCause() {
    let barrier = ThreadBarrier(parties: 2)
    barrier.abort(Fault("first"))
    for wait in Self.waits { #expect(cancelledParticipant(at: barrier, wait).isCancelled) }
    expectBrokenForAll(barrier, by: Cause(.aborted, by: Fault("first"), arrived: 0))
  }

  /// rule 18, rule 20
  @Test(arguments: ArrivalOrder.all)
  func aTaskCancelledWhileItWaitsBreaksThePhaseForAll(order: ArrivalOrder) {
    let barrier = ThreadBarrier(parties: order.count + 1, label: "halo")
    for (round, wait) in [Wait.defaultTimeout, .timeout(.seconds(3600))].enumerated() {
      let phase = UInt64(round)
      let before = order.startAllButLast(at: barrier)
      let cancelled = TaskParticipant("cancelled", at: barrier) {
        try await wait(at: AsyncBarrier(sharing: barrier))
      }
      eventually { barrier.waitingCount == order.count }
      cancelled.waitUntilAsleep()
      #expect(!cancelled.hasLeft)
      cancelled.cancel()
      #expect(cancelled.isCancelled)
      let cause = Cause(.cancelled, phase: phase, arrived: order.count)
      for participant in before { expect(participant.result, brokenBy: cause, at: barrier) }
      expectBrokenForAll(barrier, by: cause)
      barrier.reset()
    }
  }

  /// rule 10, rule 18: the waiters return, and so does the task that runs the action.
  @Test(arguments: [1, 2, 5])
  func aCancellationAfterAllHaveArrivedChangesNothing(count: Int) {
    let gate = Gate()
    let barrier = AsyncBarrier(parties: count) { _ in gate.pass() }
    let tasks = (0..<count).map { index in
      TaskParticipant("task \(index)", at: barrier.threadBarrier) {
        (place: try await barrier.wait(), isCancelled: Task.isCancelled)
      }
    }
    eventually { gate.arrivals == 1 }
    for task in tasks { task.cancel() }
    #expect(!barrier.isBroken)
    #expect(barrier.waitingCount == count)
    #expect(tasks.allSatisfy { !$0.hasLeft })
    gate.open()
    let results = tasks.compactMap { try? $0.result.get() }
    #expect(results.map { $0.place.index }.sorted() == Array(0..<count))
    #expect(results.allSatisfy { $0.isCancelled })
    expectFresh(barrier.threadBarrier, phase: 1)
  }

  enum Surplus: CaseIterable, Sendable { case cancelledBeforeItsCall, cancelledWhileItWaits }

  /// rule 10, rule 18: a task that calls `wait()` while the action runs belongs to the next phase.
  @Test(arguments: ArrivalOrder.all, Surplus.allCases)
  func aCancelledSurplusTaskBreaksTheNextPhase(order: ArrivalOrder, surplus: Surplus) {
    let gate = Gate()
    let barrier = ThreadBarrier(parties: order.count) { phase in if phase == 0 { gate.pass() } }
    let early = order.startAllButLast(at: barrier)
    let last = order.startLast(at: barrier)
    eventually { gate.arrivals == 1 }
    let cancelled =
      surplus == .cancelledBeforeItsCall
      ? cancelledParticipant(at: barrier)
      : TaskParticipant(at: barrier) {
        try await AsyncBarrier(sharing: barrier).wait()
      }
    eventually { barrier.callers == order.count + 1 }
    cancelled.waitUntilAsleep()
    cancelled.cancel()
    #expect(!cancelled.hasLeft)
    #expect(!barrier.isBroken && barrier.phase == 0)
    gate.open()
    for participant in early + [last] { expect(participant.result, completed: 0, of: barrier) }
    #expect(cancelled.isCancelled)
    expectBrokenForAll(barrier, by: Cause(.cancelled, phase: 1, arrived: 0))
  }

  /// rule 18: a cancelled task throws `CancellationError` from every later wait, even after a reset.
  @Test func aCancelledTaskBreaksEveryLaterPhaseInWhichItWaits() {
    let barrier = AsyncBarrier(parties: 2)
    let refused = TaskParticipant("refused", at: barrier.threadBarrier) {
      withUnsafeCurrentTask { $0?.cancel() }
      var cancellations = 0
      for _ in 0..<5 {
        do { try await barrier.wait() } catch is CancellationError { cancellations += 1 }
        barrier.reset()
      }
      return cancellations
    }
    #expect((try? refused.result.get()) == 5)
    expectFresh(barrier.threadBarrier, phase: 5)
  }

  /// rule 18: a failed member makes the group cancel the others.
  @Test(arguments: [false, true])
  func theCancellationOfAGroupFreesItsWaitingMembers(aThreadWaitsToo: Bool) {
    let members = 5
    let barrier = ThreadBarrier(parties: members + 1 + (aThreadWaitsToo ? 1 : 0))
    let thread = aThreadWaitsToo ? ThreadParticipant("thread", at: barrier) { try barrier.wait() } : nil
    let group = TaskParticipant("group", at: barrier) {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<members { group.addTask { try await AsyncBarrier(sharing: barrier).wait() } }
        group.addTask {
          eventually { barrier.waitingCount == barrier.parties - 1 }
          throw Fault("member")
        }
        while try await group.next() != nil {}
      }
    }
    #expect(throws: Fault("member")) { try group.result.get() }
    let cause = Cause(.cancelled, arrived: barrier.parties - 1)
    if let thread { expect(thread.result, brokenBy: cause, at: barrier) }
    expectBrokenForAll(barrier, by: cause)
  }
}

extension TaskParticipant {
  /// Whether it left with `CancellationError`.
  var isCancelled: Bool {
    if case .failure(is CancellationError) = result { true } else { false }
  }
}
