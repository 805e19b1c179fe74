import Testing

@testable import Barriers

/// Tasks whose executor runs them immediately, inside the call that resumes them. These tests show which
/// locks the library holds at that moment.
struct InlineExecutorTests {
  private let inline = InlineExecutor()

  /// Starts parties that have arrived and are suspended.
  private func waiting(
    _ count: Int, at barrier: AsyncBarrier, _ wait: Wait = .defaultTimeout,
    then: @escaping @Sendable (Outcome) -> Void = { _ in }
  ) -> [TaskParticipant<Arrival>] {
    let tasks = (0..<count).map { index in
      TaskParticipant("inline \(index)", at: barrier.threadBarrier, on: inline) {
        do {
          let arrival = try await wait(at: barrier)
          then(.success(arrival))
          return arrival
        } catch {
          then(.failure(error))
          throw error
        }
      }
    }
    #expect(barrier.waitingCount == count)
    return tasks
  }

  /// rule 19, rule 20
  @Test(arguments: ParticipantKind.allCases)
  func theLastArrivalResumesThemInManyPhases(last: ParticipantKind) {
    let barrier = AsyncBarrier(parties: 4) { _ in }
    let tasks = (0..<3).map { _ in
      TaskParticipant("inline", at: barrier.threadBarrier, on: inline) {
        var outcomes: [Outcome] = []
        for _ in 0..<100 { outcomes.append(.success(try await barrier.wait())) }
        return outcomes
      }
    }
    let participant = last.repeatingParticipant(at: barrier.threadBarrier) {
      $0.count < 100 ? .defaultTimeout : nil
    }
    let outcomes = (try? participant.result.get()) ?? []
    expectAllOrNone(outcomes + tasks.flatMap { (try? $0.result.get()) ?? [] }, parties: 4)
    #expect(barrier.phase == 100)
  }

  enum End: CaseIterable, Sendable { case completion, abort, reset, cancellation, timeout, failedAction }

  /// rule 19: a resumed task may use the barrier immediately, because no lock is held.
  @Test(arguments: End.allCases)
  func noLockIsHeldWhenATaskResumes(end: End) {
    let barrier = AsyncBarrier(parties: 4) { _ in if end == .failedAction { throw Fault("no") } }
    let seen = Counter()
    let tasks = waiting(2, at: barrier) { _ in
      // Each of these calls takes the lock.
      _ = barrier.description
      barrier.abort(Fault("after"))
      _ = barrier.description
      barrier.reset()
      barrier.reset()
      seen.add()
    }
    let third = TaskParticipant("third", at: barrier.threadBarrier) {
      try await barrier.wait(timeout: end == .timeout ? .milliseconds(5) : .seconds(3600))
    }
    eventually { barrier.waitingCount == 3 || seen.now == 2 }
    switch end {
    case .completion, .failedAction:
      _ = ParticipantKind.thread.participant("last", at: barrier.threadBarrier).result
    case .abort: barrier.abort()
    case .reset: barrier.reset()
    case .cancellation: tasks[1].cancel()
    case .timeout: break
    }
    for task in tasks + [third] { _ = task.result }
    #expect(seen.now == 2)
    let reasons = tasks.map { $0.result.barrierError?.reason }
    switch end {
    case .completion: #expect(reasons == [nil, nil] && tasks.allSatisfy { $0.result.arrival != nil })
    case .abort: #expect(reasons == [.aborted, .aborted])
    case .reset: #expect(reasons == [.reset, .reset])
    case .cancellation:
      #expect(reasons == [.cancelled, nil])
      #expect(tasks[1].isCancelled)
    case .timeout: #expect(reasons == [.timedOut, .timedOut])
    case .failedAction: #expect(reasons == [.actionFailed, .actionFailed])
    }
  }

  /// rule 19, rule 15: the timer thread itself runs such a task, and must accept a new timer from it.
  @Test func aTimedOutTaskMayWaitWithATimeoutAgain() {
    let barrier = AsyncBarrier(parties: 2)
    let timedWaiter = TaskParticipant("timed waiter", at: barrier.threadBarrier, on: inline) {
      var timeouts = 0
      for _ in 0..<5 {
        do {
          try await barrier.wait(timeout: .milliseconds(2))
        } catch let error as BrokenBarrierError {
          if error.reason == .timedOut && error.isOrigin { timeouts += 1 }
          barrier.reset()
        }
      }
      return timeouts
    }
    #expect((try? timedWaiter.result.get()) == 5)
  }

  /// rule 18: a task that resumes inside its own cancellation may cancel the others.
  @Test func tasksMayCancelOneAnother() {
    let barrier = AsyncBarrier(parties: 4)
    let others = SharedLog<TaskParticipant<Arrival>>()
    let tasks = waiting(3, at: barrier) { _ in for other in others.all { other.cancel() } }
    for task in tasks { others.add(task) }
    tasks[1].cancel()
    #expect(tasks.allSatisfy { $0.hasLeft })
    #expect(tasks[1].isCancelled)
    // The others were freed before, or were cancelled too.
    for task in [tasks[0], tasks[2]] {
      #expect(task.isCancelled || task.result.barrierError?.reason == .cancelled)
    }
    expectBrokenForAll(barrier.threadBarrier, by: Cause(.cancelled, arrived: 3))
  }

  /// rule 4: the last arrival resumes the surplus tasks, and they form the next phase inside its call.
  @Test func surplusTasksFormTheNextPhase() {
    let barrier = AsyncBarrier(parties: 2)
    let tickets = Counter(2 * 200)
    let outcomes = SharedLog<Outcome>()
    let tasks = (0..<5).map { _ in
      TaskParticipant("inline", at: barrier.threadBarrier, on: inline) {
        while tickets.add(-1) >= 0 { outcomes.add(.success(try await barrier.wait())) }
      }
    }
    for task in tasks { #expect((try? task.result.get()) != nil) }
    expectAllOrNone(outcomes.all, parties: 2)
    #expect(barrier.phase == 200)
  }

  /// rule 9, rule 11: a task that an action frees runs inside it, but is not part of it, so it may wait.
  @Test func aTaskThatAnActionFreesMayWaitAgain() async {
    await #expect(processExitsWith: .success) {
      let barrier = ThreadBarrier.passingItselfToAction(parties: 2) { barrier, phase in
        if phase == 0 { barrier.reset() }
      }
      let freed = TaskParticipant("freed", at: barrier, on: InlineExecutor()) {
        do { try await AsyncBarrier(sharing: barrier).wait() } catch {}
        return try await AsyncBarrier(sharing: barrier).wait()
      }
      let last = ParticipantKind.thread.participant("last", at: barrier)
      expect(last.result, brokenBy: Cause(.reset, arrived: 2), at: barrier)
      expect(
        ParticipantKind.thread.participant("partner", at: barrier).result, completed: 1, index: 1, of: barrier
      )
      expect(await freed.left(), completed: 1, index: 0, of: barrier)
    }
  }
}
