import Testing

@testable import Barriers

/// `wait()` causes no executor hops beyond suspension and resumption. An executor counts its jobs.
struct HopTests {
  /// rule 19
  @Test func aTaskThatNeedsNoWaitIsNotSuspended() {
    let executor = ManualExecutor()
    let barrier = AsyncBarrier(parties: 1) { _ in }
    let alone = TaskParticipant("alone", on: executor) {
      for _ in 0..<10 {
        try await barrier.wait()
        try await barrier.wait(timeout: .seconds(1))
        try await barrier.wait(until: .now)
        try await barrier.abortOnError { _ = try await barrier.wait() }
      }
    }
    executor.run()
    #expect(alone.hasLeft)
    #expect(executor.count == 1)
    #expect(barrier.phase == 40)
  }

  /// rule 19
  @Test func aTaskThatIsRefusedOrHasAZeroTimeoutIsNotSuspended() {
    let executor = ManualExecutor()
    let barrier = AsyncBarrier(parties: 2)
    let alone = TaskParticipant("alone", on: executor) { () -> [Outcome] in
      var outcomes: [Outcome] = []
      for wait in [Wait.timeout(.zero), .defaultTimeout, .timeout(.seconds(1))] {
        do { outcomes.append(.success(try await wait(at: barrier))) } catch {
          outcomes.append(.failure(error))
        }
      }
      withUnsafeCurrentTask { $0?.cancel() }
      do { outcomes.append(.success(try await barrier.wait())) } catch { outcomes.append(.failure(error)) }
      return outcomes
    }
    executor.run()
    #expect(alone.hasLeft)
    #expect(executor.count == 1)
    let outcomes = (try? alone.result.get()) ?? []
    #expect(outcomes.map { $0.barrierError?.reason } == [.timedOut, .timedOut, .timedOut, nil])
  }

  /// rule 19
  @Test(
    arguments: ParticipantKind.allCases,
    [Wait.defaultTimeout, .timeout(.seconds(3600)), .until(.now + .seconds(3600))])
  func aWaitingTaskIsEnqueuedOnceAPhase(last: ParticipantKind, wait: Wait) {
    let executor = ManualExecutor()
    let barrier = AsyncBarrier(parties: 3)
    let tasks = (0..<2).map { _ in
      TaskParticipant("waits", at: barrier.threadBarrier, on: executor) {
        for _ in 0..<10 { _ = try await wait(at: barrier) }
      }
    }
    #expect(executor.count == 2)  // their start
    for phase in 0..<10 {
      executor.run()
      #expect(barrier.waitingCount == 2)
      #expect(executor.count == 2 + 2 * phase)
      expect(
        last.participant(at: barrier.threadBarrier).result, completed: UInt64(phase), index: 2,
        of: barrier.threadBarrier)
      #expect(executor.pending == 2)
    }
    executor.run()
    #expect(tasks.allSatisfy { $0.hasLeft })
    #expect(executor.count == 2 + 2 * 10)
  }

  /// rule 19
  @Test func aTaskOfABrokenPhaseIsEnqueuedOnce() {
    let executor = ManualExecutor()
    let barrier = AsyncBarrier(parties: 3)
    for end in [{ barrier.abort() }, { barrier.reset() }] {
      let before = executor.count
      let tasks = (0..<2).map { _ in TaskParticipant(on: executor) { try await barrier.wait() } }
      executor.run()
      end()
      #expect(executor.pending == 2)
      tasks[0].cancel()
      executor.run()
      #expect(tasks.allSatisfy { $0.result.barrierError != nil })
      #expect(executor.count == before + 4)
      barrier.reset()
    }
  }
}
