import Testing

@testable import Barriers

/// All at once, with many tasks and threads on few processors. `BARRIERS_STRESS_SECONDS` tells how long.
struct MixedStressTests {
  struct Size: Sendable {
    let parties: Int
    let threads: Int
    let tasks: Int
  }

  static let sizes = [
    Size(parties: 2, threads: 1, tasks: 1), Size(parties: 4, threads: 0, tasks: 4),
    Size(parties: 8, threads: 3, tasks: 5), Size(parties: 3, threads: 4, tasks: 8),
    Size(parties: 2, threads: 0, tasks: 7), Size(parties: 40, threads: 4, tasks: 36),
  ]

  /// rule 1, rule 2, rule 3, rule 4, rule 20
  @Test(arguments: sizes)
  func phasesThatNobodyDisturbsAllComplete(size: Size) {
    stress(share: Self.sizes.count) { _ in
      let barrier = ThreadBarrier(parties: size.parties)
      let phases = 1 + 2_000 / (size.threads + size.tasks)
      let tickets = Counter(size.parties * phases)
      let outcomes = Notes<[Outcome]>()
      meet(size, at: barrier) { wait in
        var own: [Outcome] = []
        while tickets.add(-1) >= 0 { own.append(await wait(.own, false)) }
        outcomes.add(own)
      }
      let all = outcomes.all.flatMap(\.self)
      #expect(all.count == size.parties * phases)
      #expect(all.allSatisfy { $0.arrival != nil })
      expectAllOrNone(all, parties: size.parties)
      #expect(barrier.phase == phases)
    }
  }

  /// rule 1, rule 3, rule 4, rule 8, rule 9, rule 12, rule 13, rule 14, rule 18, rule 19, rule 20
  @Test(arguments: sizes)
  func allOrNoneHoldsWhileEverythingHappens(size: Size) {
    stress(share: Self.sizes.count) { _ in
      let barrier = ThreadBarrier(parties: size.parties) { phase in
        if phase.isMultiple(of: 7) { throw Fault("action of phase \(phase)") }
      }
      let isOver = Counter()
      let outcomes = Notes<[Outcome]>()
      meet(size, at: barrier) { wait in
        outcomes.add(await turmoil(at: barrier, isOver: isOver, wait))
        // Whoever reset the barrier last aborts it after that: nobody is left behind.
        isOver.add()
        barrier.abort(Fault("the end"))
      }
      expectAllOrNone(outcomes.all.flatMap(\.self), parties: size.parties)
      #expect(barrier.isBroken)
    }
  }

  /// How a caller waits: for how long, and whether it is to be cancelled meanwhile, if it is a task.
  private typealias Waiting = (Wait, _ isCancelled: Bool) async -> Outcome

  /// One caller's part: it waits, with or without a timeout, and now and then aborts, resets or is cancelled.
  private func turmoil(at barrier: ThreadBarrier, isOver: Counter, _ wait: Waiting) async -> [Outcome] {
    var outcomes: [Outcome] = []
    for step in 0..<50 where isOver.now == 0 {
      switch Int.random(in: 0..<barrier.parties * 8) {
      case 0: barrier.abort(Fault("step \(step)"))
      case 1: barrier.reset()
      case 2: outcomes.append(await wait(.timeout(.zero), false))
      case 3: outcomes.append(await wait(.timeout(.microseconds(Int.random(in: 1...500))), false))
      case 4: outcomes.append(await wait(.timeout(.seconds(1 << 20)), false))
      case 5: outcomes.append(await wait(.own, true))
      default: outcomes.append(await wait(.own, false))
      }
      if let outcome = outcomes.last, outcome.arrival == nil, Bool.random() { barrier.reset() }
    }
    return outcomes
  }

  /// Lets threads, and tasks that share two threads, do their part; returns when all have left.
  private func meet(
    _ size: Size, at barrier: ThreadBarrier, _ part: @escaping @Sendable (Waiting) async -> Void
  ) {
    Pool.with(threads: 2) { pool in
      let tasks = (0..<size.tasks).map { index in
        TaskParty("task \(index)", at: barrier, on: pool) {
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
      let threads = (0..<size.threads).map { index in
        TaskParty("thread \(index)", at: barrier) {
          await part { wait, _ in Outcome { try wait(at: barrier) } }
        }
      }
      for party in tasks + threads { _ = party.result }
    }
  }
}
