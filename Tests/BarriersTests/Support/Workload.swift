import Testing

@testable import Barriers

/// Threads and tasks that all call one barrier, usually more of them than processors.
struct Workload: Sendable {
  let parties: Int
  let threads: Int
  let tasks: Int

  private var callers: Int { threads + tasks }

  /// Completes phases without abort, reset, timeout or cancellation; returns the outcomes of all calls.
  func runPhases(_ phases: Int, at barrier: ThreadBarrier) -> [Outcome] {
    let tickets = Counter(parties * phases)
    return run(at: barrier) { wait in
      var own: [Outcome] = []
      while tickets.add(-1) >= 0 { own.append(await wait(.defaultTimeout, false)) }
      return own
    }
  }

  /// Each caller waits repeatedly, with and without timeouts, and occasionally aborts, resets, takes a
  /// snapshot or is cancelled. An abort ends the run, because the remaining callers may be too few to
  /// complete a phase.
  func runChaos(at barrier: ThreadBarrier) -> [Outcome] {
    let isOver = Counter()
    return run(at: barrier) { wait in
      let own = await runChaos(at: barrier, isOver: isOver, wait)
      // A caller that resets the barrier last aborts it afterwards, so no caller is left waiting.
      isOver.add()
      barrier.abort(Fault("the end"))
      return own
    }
  }

  /// Waits once. A task is cancelled meanwhile if `isCancelled` is set.
  private typealias Waiting = (Wait, _ isCancelled: Bool) async -> Outcome

  private func runChaos(at barrier: ThreadBarrier, isOver: Counter, _ wait: Waiting) async -> [Outcome] {
    var outcomes: [Outcome] = []
    for step in 0..<50 where isOver.now == 0 {
      switch Int.random(in: 0..<barrier.parties * 8) {
      case 0: barrier.abort(Fault("step \(step)"))
      case 1: barrier.reset()
      case 2: outcomes.append(await wait(.timeout(.zero), false))
      case 3: outcomes.append(await wait(.timeout(.microseconds(Int.random(in: 1...500))), false))
      case 4: outcomes.append(await wait(.timeout(.seconds(1 << 20)), false))
      case 5: outcomes.append(await wait(.defaultTimeout, true))
      case 6: outcomes += violations(in: barrier.snapshot())
      case 7: barrier.reportStalls(after: .microseconds(Int.random(in: 0...2_000))) { _ in }
      default: outcomes.append(await wait(.defaultTimeout, false))
      }
      if let outcome = outcomes.last, outcome.arrival == nil, Bool.random() { barrier.reset() }
    }
    return outcomes
  }

  /// Runs `body` on threads, and in tasks that share two threads; returns when all have left.
  private func run(
    at barrier: ThreadBarrier, _ body: @escaping @Sendable (Waiting) async -> [Outcome]
  ) -> [Outcome] {
    ThreadPoolExecutor.with(threads: 2) { pool in
      let tasks = (0..<tasks).map { index in
        TaskParticipant("task \(index)", at: barrier, on: pool) {
          await body { wait, isCancelled in
            let inner = Task(executorPreference: pool) { try await wait(at: AsyncBarrier(sharing: barrier)) }
            if isCancelled {
              await Task.yield()
              inner.cancel()
            }
            return await inner.result
          }
        }
      }
      // A thread that runs one task, which never suspends, so that threads and tasks can share `body`.
      let threads = (0..<threads).map { index in
        TaskParticipant("thread \(index)", at: barrier) {
          await body { wait, _ in Outcome { try wait(at: barrier) } }
        }
      }
      return (tasks + threads).flatMap { (try? $0.result.get()) ?? [] }
    }
  }
}

/// A failed outcome if the snapshot shows an impossible state; otherwise nothing.
private func violations(in snapshot: BarrierSnapshot) -> [Outcome] {
  let indices = snapshot.waiters.map(\.index)
  let isPossible =
    Set(indices).count == indices.count && snapshot.arrived <= snapshot.parties
    && indices.count { $0 < snapshot.parties } <= snapshot.arrived
  return isPossible ? [] : [.failure(Fault("impossible snapshot: \(snapshot)"))]
}
