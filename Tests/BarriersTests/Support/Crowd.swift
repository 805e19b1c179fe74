import Testing

@testable import Barriers

/// Threads and tasks that all come to one barrier, most often more than there are processors.
struct Crowd: Sendable {
  let parties: Int
  let threads: Int
  let tasks: Int

  private var callers: Int { threads + tasks }

  /// Meets `phases` times with nobody disturbing; answers with what came of each call.
  func meet(phases: Int, at barrier: ThreadBarrier) -> [Outcome] {
    let tickets = Counter(parties * phases)
    return come(to: barrier) { wait in
      var own: [Outcome] = []
      while tickets.add(-1) >= 0 { own.append(await wait(.own, false)) }
      return own
    }
  }

  /// Everybody waits, with and without timeouts, and now and then aborts, resets, looks around or is cancelled. The barrier is broken in
  /// the end, for some may have nobody left to wait for.
  func runChaos(at barrier: ThreadBarrier) -> [Outcome] {
    let isOver = Counter()
    return come(to: barrier) { wait in
      let own = await runChaos(at: barrier, isOver: isOver, wait)
      // Whoever reset the barrier last aborts it after that: nobody is left behind.
      isOver.add()
      barrier.abort(Fault("the end"))
      return own
    }
  }

  /// How a caller waits: for how long, and whether it is to be cancelled meanwhile, if it is a task.
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
      case 5: outcomes.append(await wait(.own, true))
      case 6: outcomes += impossible(barrier.snapshot())
      case 7: barrier.reportStalls(after: .microseconds(Int.random(in: 0...2_000))) { _ in }
      default: outcomes.append(await wait(.own, false))
      }
      if let outcome = outcomes.last, outcome.arrival == nil, Bool.random() { barrier.reset() }
    }
    return outcomes
  }

  /// Lets threads, and tasks that share two threads, do their part; returns when all have left.
  private func come(
    to barrier: ThreadBarrier, _ part: @escaping @Sendable (Waiting) async -> [Outcome]
  ) -> [Outcome] {
    Pool.with(threads: 2) { pool in
      let tasks = (0..<tasks).map { index in
        TaskParticipant("task \(index)", at: barrier, on: pool) {
          await part { wait, isCancelled in
            let inner = Task(executorPreference: pool) { try await wait(at: AsyncBarrier(sharing: barrier)) }
            if isCancelled {
              await Task.yield()
              inner.cancel()
            }
            return await inner.result
          }
        }
      }
      // A thread that runs a task of its own, which never is suspended: so both have the same part to do.
      let threads = (0..<threads).map { index in
        TaskParticipant("thread \(index)", at: barrier) {
          await part { wait, _ in Outcome { try wait(at: barrier) } }
        }
      }
      return (tasks + threads).flatMap { (try? $0.result.get()) ?? [] }
    }
  }
}

/// What is wrong with a snapshot, if anything is, as the outcome of a call that nobody has made.
private func impossible(_ snapshot: BarrierSnapshot) -> [Outcome] {
  let places = snapshot.waiters.map(\.index)
  let isPossible =
    Set(places).count == places.count && snapshot.arrived <= snapshot.parties
    && places.count { $0 < snapshot.parties } <= snapshot.arrived
  return isPossible ? [] : [.failure(Fault("a picture of what cannot be: \(snapshot)"))]
}
