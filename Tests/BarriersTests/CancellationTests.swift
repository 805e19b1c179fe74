import Testing

@testable import Barriers

/// A cancelled task breaks the phase for which it waits, or would: it throws `CancellationError`, and the others are
/// told of a cancellation.
struct CancellationTests {
  /// A task that is cancelled before it comes to the barrier.
  private func cancelledParticipant(
    at barrier: ThreadBarrier, _ wait: Wait = .own, sourceLocation: SourceLocation = #_sourceLocation
  ) -> TaskParticipant<Arrival> {
    TaskParticipant("cancelled", at: barrier, sourceLocation: sourceLocation) {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await wait(at: AsyncBarrier(sharing: barrier))
    }
  }

  static let waits = [Wait.own, .timeout(.zero), .timeout(.seconds(3600)), .until(.now + .seconds(3600))]

  /// rule 18
  @Test(arguments: [1, 2, 5])
  func beforeItArrivesWhereNobodyWaits(count: Int) {
    let barrier = ThreadBarrier(parties: count, label: "halo")
    for (round, wait) in Self.waits.enumerated() {
      let phase = UInt64(round)
      #expect(cancelledParticipant(at: barrier, wait).isCancelled)
      expectBrokenForAll(barrier, by: Cause(.cancelled, phase: phase, arrived: 0))
      barrier.reset()
    }
    expectFresh(barrier, phase: UInt64(Self.waits.count))
  }

  /// rule 18, rule 20: all but the last wait; the one that is missing is cancelled before it comes.
  @Test(arguments: Mixture.all)
  func beforeItArrivesWhereOthersWait(mixture: Mixture) {
    let barrier = ThreadBarrier(parties: mixture.count, label: "halo")
    let waiting = mixture.early(at: barrier)
    #expect(cancelledParticipant(at: barrier).isCancelled)
    let told = Cause(.cancelled, arrived: mixture.count - 1)
    for guest in waiting { expect(guest.result, brokenBy: told, at: barrier) }
    expectBrokenForAll(barrier, by: told)
    barrier.reset()
    expectMeeting(of: mixture, at: barrier, phase: 1)
  }

  /// rule 18, rule 12: the first cause stays.
  @Test func whereTheBarrierIsBrokenAlready() {
    let barrier = ThreadBarrier(parties: 2)
    barrier.abort(Fault("first"))
    for wait in Self.waits { #expect(cancelledParticipant(at: barrier, wait).isCancelled) }
    expectBrokenForAll(barrier, by: Cause(.aborted, by: Fault("first"), arrived: 0))
  }

  /// rule 18, rule 20
  @Test(arguments: Mixture.all)
  func whileItWaits(mixture: Mixture) {
    let barrier = ThreadBarrier(parties: mixture.count + 1, label: "halo")
    for (round, wait) in [Wait.own, .timeout(.seconds(3600))].enumerated() {
      let phase = UInt64(round)
      let before = mixture.early(at: barrier)
      let cancelled = TaskParticipant("cancelled", at: barrier) {
        try await wait(at: AsyncBarrier(sharing: barrier))
      }
      eventually { barrier.waitingCount == mixture.count }
      cancelled.fallsAsleep()
      #expect(!cancelled.hasLeft)
      cancelled.cancel()
      #expect(cancelled.isCancelled)
      let told = Cause(.cancelled, phase: phase, arrived: mixture.count)
      for guest in before { expect(guest.result, brokenBy: told, at: barrier) }
      expectBrokenForAll(barrier, by: told)
      barrier.reset()
    }
  }

  /// rule 10, rule 18: once all have arrived, those who wait and the one that runs the action all return.
  @Test(arguments: [1, 2, 5])
  func afterAllHaveArrived(count: Int) {
    let gate = Gate()
    let barrier = AsyncBarrier(parties: count) { _ in gate.pass() }
    let tasks = (0..<count).map { index in
      TaskParticipant("task \(index)", at: barrier.threadBarrier) {
        (place: try await barrier.wait(), isCancelled: Task.isCancelled)
      }
    }
    eventually { gate.visitors == 1 }
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

  enum Surplus: CaseIterable, Sendable { case cancelledBeforeItComes, cancelledWhileItWaits }

  /// rule 10, rule 18: whoever comes while the action runs belongs to the next phase, and breaks that one.
  @Test(arguments: Mixture.all, Surplus.allCases)
  func ofASurplusTask(mixture: Mixture, surplus: Surplus) {
    let gate = Gate()
    let barrier = ThreadBarrier(parties: mixture.count) { phase in if phase == 0 { gate.pass() } }
    let early = mixture.early(at: barrier)
    let last = mixture.last(at: barrier)
    eventually { gate.visitors == 1 }
    let cancelled =
      surplus == .cancelledBeforeItComes
      ? cancelledParticipant(at: barrier)
      : TaskParticipant(at: barrier) {
        try await AsyncBarrier(sharing: barrier).wait()
      }
    eventually { barrier.callers == mixture.count + 1 }
    cancelled.fallsAsleep()
    cancelled.cancel()
    #expect(!cancelled.hasLeft)
    #expect(!barrier.isBroken && barrier.phase == 0)
    gate.open()
    for guest in early + [last] { expect(guest.result, completed: 0, of: barrier) }
    #expect(cancelled.isCancelled)
    expectBrokenForAll(barrier, by: Cause(.cancelled, phase: 1, arrived: 0))
  }

  /// rule 18: who waits again after its cancellation is cancelled again; a reset does not change that.
  @Test func aCancelledTaskStaysSo() {
    let barrier = AsyncBarrier(parties: 2)
    let stubborn = TaskParticipant("stubborn", at: barrier.threadBarrier) {
      withUnsafeCurrentTask { $0?.cancel() }
      var cancellations = 0
      for _ in 0..<5 {
        do { try await barrier.wait() } catch is CancellationError { cancellations += 1 }
        barrier.reset()
      }
      return cancellations
    }
    #expect((try? stubborn.result.get()) == 5)
    expectFresh(barrier.threadBarrier, phase: 5)
  }

  /// rule 18: a group whose member fails cancels the others, which wait.
  @Test(arguments: [false, true])
  func ofAGroupFreesItsMembers(aThreadWaitsToo: Bool) {
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
    let told = Cause(.cancelled, arrived: barrier.parties - 1)
    if let thread { expect(thread.result, brokenBy: told, at: barrier) }
    expectBrokenForAll(barrier, by: told)
  }
}

extension TaskParticipant {
  /// Whether it left with `CancellationError`.
  var isCancelled: Bool {
    if case .failure(is CancellationError) = result { true } else { false }
  }
}
