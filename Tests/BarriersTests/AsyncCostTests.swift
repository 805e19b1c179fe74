import CCounters
import Foundation
import Testing

@testable import Barriers

/// Upper bounds on what a phase of tasks costs.
struct AsyncCostTests {
  /// rule 17: the runtime allocates memory to resume a task; the barrier adds nothing to that.
  @Test(.enabled(if: counters_work()), arguments: [nil, Duration.seconds(3600), .seconds(1 << 40)])
  func aPhaseAllocatesNoMoreThanResumingTasksDoes(timeout: Duration?) throws {
    let barrier = AsyncBarrier(parties: 3, timeout: timeout) { _ in }
    let minimal = MinimalBarrier()
    let minimum = try allocations { await minimal.wait(parties: 3) }
    let count = try allocations { try await barrier.wait() }
    #expect(count <= minimum)
    #expect(barrier.phase == 2_000)
  }

  /// Counts allocations while three tasks of one thread complete a thousand phases.
  private func allocations(_ wait: @escaping @Sendable () async throws -> Void) throws -> Int {
    let counts = SharedLog<Int>()
    let alone = ThreadParticipant("alone") {
      let executor = ManualExecutor()
      let tasks = (0..<3).map { index in
        TaskParticipant("task \(index)", on: executor) {
          for phase in 0..<2_000 {
            // Phases before the first count are a warm-up: after them, all lists have reached their capacity.
            if index == 0, phase == 999 || phase == 1_999 {
              counts.add(counters_of_this_thread().allocations)
            }
            try await wait()
          }
        }
      }
      executor.run()
      for task in tasks { _ = try task.result.get() }
    }
    _ = try alone.result.get()
    return counts.all[1] - counts.all[0]
  }

  /// A minimal barrier for tasks of one thread. `@unchecked Sendable`: only that thread uses it.
  private final class MinimalBarrier: @unchecked Sendable {
    private var waiting: [UnsafeContinuation<Void, Never>] = []

    func wait(parties: Int) async {
      if waiting.count < parties - 1 {
        await withUnsafeContinuation { waiting.append($0) }
      } else {
        for task in waiting { task.resume() }
        waiting.removeAll(keepingCapacity: true)
      }
    }
  }

  /// rule 13, rule 22: in its own process, because other tests allocate memory too.
  @Test(.enabled(if: isFreedMemoryReused))
  func aBarrierDoesNotGrowWithTheNumberOfItsPhases() async {
    await #expect(processExitsWith: .success) {
      let barrier = AsyncBarrier(parties: 3) { phase in
        if phase.isMultiple(of: 3) { throw Fault("a failure") }
      }
      /// Runs phases that complete, break and are reset, with a long and a practically infinite timeout.
      @Sendable func run(_ executor: ManualExecutor) {
        for round in 0..<5_000 {
          let timeout = round.isMultiple(of: 2) ? Duration.seconds(3600) : .seconds(1 << 40)
          let tasks = (0..<3).map { _ in
            Task(executorPreference: executor) { try? await barrier.wait(timeout: timeout) }
          }
          if round.isMultiple(of: 5) { tasks[0].cancel() }
          executor.run()
          barrier.abort(Fault("idle"))
          barrier.reset()
        }
      }
      let alone = TaskParticipant("alone") {
        let executor = ManualExecutor()
        run(executor)
        let before = residentKilobytes()
        run(executor)
        return residentKilobytes() - before
      }
      let grown = (try? await alone.left().get()) ?? .max
      #expect(grown < 1_024)
    }
  }
}
