import Testing

@testable import Barriers

/// A waiting task blocks no thread: any number of tasks can wait on a pool with any number of threads.
struct PoolTests {
  /// rule 17
  @Test(arguments: [(threads: 1, tasks: 2), (threads: 1, tasks: 1_000), (threads: 2, tasks: 100)])
  func manyTasksCompletePhasesOnFewThreads(threads: Int, tasks: Int) {
    let (runs, wrong) = (Counter(), Counter())
    let barrier = AsyncBarrier(parties: tasks) { _ in runs.add() }
    ThreadPoolExecutor.with(threads: threads) { pool in
      let parties = (0..<tasks).map { index in
        TaskParticipant("task \(index)", at: barrier.threadBarrier, on: pool) {
          for phase in 0..<5 as Range<UInt64> {
            if try await barrier.wait().phase != phase { wrong.add() }
          }
        }
      }
      for party in parties { #expect((try? party.result.get()) != nil) }
    }
    #expect(runs.now == 5)
    #expect(wrong.now == 0)
    #expect(barrier.phase == 5)
  }

  enum End: CaseIterable, Sendable { case abort, reset, cancellation, timeout }

  /// rule 17, rule 18, rule 12
  @Test(arguments: End.allCases)
  func manyTasksAreFreedOnOneThread(end: End) {
    let tasks = 200
    let barrier = ThreadBarrier(parties: tasks + 2)
    ThreadPoolExecutor.with(threads: 1) { pool in
      let parties = (0..<tasks).map { index in
        TaskParticipant("task \(index)", at: barrier, on: pool) {
          try await AsyncBarrier(sharing: barrier).wait(timeout: .seconds(3600))
        }
      }
      eventually { barrier.waitingCount == tasks }
      let cause: Cause
      switch end {
      case .abort:
        barrier.abort(Fault("enough"))
        cause = Cause(.aborted, by: Fault("enough"), arrived: tasks)
      case .reset:
        barrier.reset()
        cause = Cause(.reset, arrived: tasks)
      case .cancellation:
        parties[0].cancel()
        cause = Cause(.cancelled, arrived: tasks)
      case .timeout:
        _ = ParticipantKind.task.participant("timed waiter", at: barrier, .timeout(.zero)).result
        cause = Cause(.timedOut, arrived: tasks + 1)
      }
      #expect(parties[0].isCancelled == (end == .cancellation))
      for party in parties.dropFirst() { expect(party.result, brokenBy: cause, at: barrier) }
    }
  }

  /// rule 17, rule 20
  @Test func threadsCompletePhasesWithTasksThatShareOneThread() {
    let barrier = ThreadBarrier(parties: 12)
    ThreadPoolExecutor.with(threads: 1) { pool in
      let tasks = (0..<8).map { _ in
        TaskParticipant("task", at: barrier, on: pool) {
          for _ in 0..<100 { try await AsyncBarrier(sharing: barrier).wait() }
        }
      }
      let threads = onThreads(4, at: barrier) { _ in for _ in 0..<100 { try barrier.wait() } }
      #expect(threads.allSatisfy { (try? $0.get()) != nil })
      for task in tasks { #expect((try? task.result.get()) != nil) }
    }
    #expect(barrier.phase == 100)
  }

  /// rule 17: in its own process, because it uses the default pool.
  @Test func tenThousandTasksCompletePhasesOnTheDefaultPool() async {
    await #expect(processExitsWith: .success) {
      let barrier = AsyncBarrier(parties: 10_000)
      let parties = (0..<10_000).map { index in
        TaskParticipant("task \(index)", at: barrier.threadBarrier, on: globalConcurrentExecutor) {
          for _ in 0..<5 { try await barrier.wait() }
        }
      }
      for party in parties { #expect((try? await party.left().get()) != nil) }
      #expect(barrier.phase == 5)
    }
  }
}
