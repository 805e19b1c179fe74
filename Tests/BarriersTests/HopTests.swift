import Testing

@testable import Barriers

/// `wait()` makes no executor hop of its own. An executor that counts its jobs tells.
struct HopTests {
  /// rule 19
  @Test func aTaskThatNeedNotWaitIsNotSuspended() {
    let steps = StepByStep()
    let barrier = AsyncBarrier(parties: 1) { _ in }
    let alone = TaskParticipant("alone", on: steps) {
      for _ in 0..<10 {
        try await barrier.wait()
        try await barrier.wait(timeout: .seconds(1))
        try await barrier.wait(until: .now)
        try await barrier.abortOnError { _ = try await barrier.wait() }
      }
    }
    steps.run()
    #expect(alone.hasLeft)
    #expect(steps.count == 1)
    #expect(barrier.phase == 40)
  }

  /// rule 19
  @Test func aTaskThatIsRefusedOrOnlyTriesIsNotSuspended() {
    let steps = StepByStep()
    let barrier = AsyncBarrier(parties: 2)
    let alone = TaskParticipant("alone", on: steps) { () -> [Outcome] in
      var outcomes: [Outcome] = []
      for wait in [Wait.timeout(.zero), .own, .timeout(.seconds(1))] {
        do { outcomes.append(.success(try await wait(at: barrier))) } catch {
          outcomes.append(.failure(error))
        }
      }
      withUnsafeCurrentTask { $0?.cancel() }
      do { outcomes.append(.success(try await barrier.wait())) } catch { outcomes.append(.failure(error)) }
      return outcomes
    }
    steps.run()
    #expect(alone.hasLeft)
    #expect(steps.count == 1)
    let outcomes = (try? alone.result.get()) ?? []
    #expect(outcomes.map { $0.barrierError?.reason } == [.timedOut, .timedOut, .timedOut, nil])
  }

  /// rule 19
  @Test(arguments: Kind.allCases, [Wait.own, .timeout(.seconds(3600)), .until(.now + .seconds(3600))])
  func aTaskThatWaitsIsEnqueuedOnceAPhase(last: Kind, wait: Wait) {
    let steps = StepByStep()
    let barrier = AsyncBarrier(parties: 3)
    let tasks = (0..<2).map { _ in
      TaskParticipant("waits", at: barrier.threadBarrier, on: steps) {
        for _ in 0..<10 { _ = try await wait(at: barrier) }
      }
    }
    #expect(steps.count == 2)  // for they have started
    for phase in 0..<10 {
      steps.run()
      #expect(barrier.waitingCount == 2)
      #expect(steps.count == 2 + 2 * phase)
      expect(
        last.participant(at: barrier.threadBarrier).result, completed: UInt64(phase), index: 2,
        of: barrier.threadBarrier)
      #expect(steps.pending == 2)
    }
    steps.run()
    #expect(tasks.allSatisfy { $0.hasLeft })
    #expect(steps.count == 2 + 2 * 10)
  }

  /// rule 19: no more when it is broken.
  @Test func aTaskThatIsFreedIsEnqueuedOnce() {
    let steps = StepByStep()
    let barrier = AsyncBarrier(parties: 3)
    for end in [{ barrier.abort() }, { barrier.reset() }] {
      let before = steps.count
      let tasks = (0..<2).map { _ in TaskParticipant(on: steps) { try await barrier.wait() } }
      steps.run()
      end()
      #expect(steps.pending == 2)
      tasks[0].cancel()
      steps.run()
      #expect(tasks.allSatisfy { $0.result.barrierError != nil })
      #expect(steps.count == before + 4)
      barrier.reset()
    }
  }
}
