import CCounters
import Foundation
import Testing

@testable import Barriers

/// What a phase of tasks does not cost.
struct AsyncCostTests {
  /// rule 17: what the runtime allocates to resume a task, and not more.
  @Test(.enabled(if: counters_work()), arguments: [nil, Duration.seconds(3600), .seconds(1 << 40)])
  func aPhaseAllocatesNothing(timeout: Duration?) throws {
    let barrier = AsyncBarrier(parties: 3, timeout: timeout) { _ in }
    let sleepers = Sleepers()
    let without = try allocations { await sleepers.meet(3) }
    let with = try allocations { try await barrier.wait() }
    #expect(with <= without)
    #expect(barrier.phase == 2_000)
  }

  /// How often memory is allocated while three tasks of one thread meet a thousand times.
  private func allocations(_ meet: @escaping @Sendable () async throws -> Void) throws -> Int {
    let counts = Notes<Int>()
    let alone = ThreadParticipant("alone") {
      let steps = StepByStep()
      let tasks = (0..<3).map { index in
        TaskParticipant("task \(index)", on: steps) {
          for phase in 0..<2_000 {
            // By the first time, each list has the room that it needs.
            if index == 0, phase == 999 || phase == 1_999 {
              counts.add(counters_of_this_thread().allocations)
            }
            try await meet()
          }
        }
      }
      steps.run()
      for task in tasks { _ = try task.result.get() }
    }
    _ = try alone.result.get()
    return counts.all[1] - counts.all[0]
  }

  /// The least that can be called a barrier, for tasks of one thread; so nothing guards it.
  private final class Sleepers: @unchecked Sendable {
    private var waiting: [UnsafeContinuation<Void, Never>] = []

    func meet(_ parties: Int) async {
      if waiting.count < parties - 1 {
        await withUnsafeContinuation { waiting.append($0) }
      } else {
        for task in waiting { task.resume() }
        waiting.removeAll(keepingCapacity: true)
      }
    }
  }

  /// rule 13, rule 22: in a process of its own, for other tests need memory too.
  @Test(.enabled(if: isFreedMemoryReused))
  func aBarrierDoesNotGrowWithTheNumberOfItsPhases() async {
    await #expect(processExitsWith: .success) {
      let barrier = AsyncBarrier(parties: 3) { phase in
        if phase.isMultiple(of: 3) { throw Fault("a failure") }
      }
      /// Phases that complete, that break, and that are reset, with deadlines far off and near.
      @Sendable func run(_ steps: StepByStep) {
        for round in 0..<5_000 {
          let timeout = round.isMultiple(of: 2) ? Duration.seconds(3600) : .seconds(1 << 40)
          let tasks = (0..<3).map { _ in
            Task(executorPreference: steps) { try? await barrier.wait(timeout: timeout) }
          }
          if round.isMultiple(of: 5) { tasks[0].cancel() }
          steps.run()
          barrier.abort(Fault("idle"))
          barrier.reset()
        }
      }
      let alone = TaskParticipant("alone") {
        let steps = StepByStep()
        run(steps)
        let before = residentKilobytes()
        run(steps)
        return residentKilobytes() - before
      }
      let grown = (try? await alone.left().get()) ?? .max
      #expect(grown < 1_024)
    }
  }
}
