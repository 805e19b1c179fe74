import Testing

@testable import Barriers

/// Many threads on few processors.
///
/// Each test runs for one second; `BARRIERS_STRESS_SECONDS=60 swift test --filter StressTests`, for a minute.
struct StressTests {
  struct Size: Sendable {
    let parties: Int
    let callers: Int
  }

  static let sizes = [
    Size(parties: 2, callers: 2), Size(parties: 4, callers: 4), Size(parties: 64, callers: 64),
    Size(parties: 2, callers: 3), Size(parties: 3, callers: 16), Size(parties: 16, callers: 64),
  ]

  /// rule 1, rule 2, rule 3, rule 4
  @Test(arguments: sizes, [WaitStrategy.adaptive, .parking])
  func undisturbedPhasesAllComplete(size: Size, strategy: WaitStrategy) {
    stress(share: Self.sizes.count) { _ in
      let barrier = ThreadBarrier(parties: size.parties, strategy: strategy)
      let phases = 5_000 / size.callers
      let tickets = Counter(size.parties * phases)
      let outcomes = onThreads(size.callers, at: barrier) { index in
        var outcomes: [Outcome] = []
        while tickets.add(-1) >= 0 {
          // Half of the calls have a timeout that never happens: a wake-up must not be mistaken for it.
          outcomes.append(
            Outcome {
              index.isMultiple(of: 2) ? try barrier.wait() : try barrier.wait(timeout: .seconds(1 << 20))
            })
        }
        return outcomes
      }
      let all = outcomes.flatMap { (try? $0.get()) ?? [] }
      #expect(all.count == size.parties * phases)
      #expect(all.allSatisfy { $0.arrival != nil })
      expectAllOrNone(all, parties: size.parties)
      #expect(barrier.phase == phases)
    }
  }

  /// rule 1, rule 3, rule 4, rule 8, rule 9, rule 12, rule 13, rule 14
  @Test(arguments: sizes, [WaitStrategy.adaptive, .parking])
  func allOrNoneHoldsDuringChaos(size: Size, strategy: WaitStrategy) {
    stress(share: Self.sizes.count) { _ in
      let barrier = ThreadBarrier(parties: size.parties, strategy: strategy) { phase in
        if phase.isMultiple(of: 7) { throw Fault("action of phase \(phase)") }
      }
      let isOver = Counter()
      let outcomes = onThreads(size.callers, at: barrier) { index in
        let outcomes = runChaos(at: barrier, caller: index, isOver: isOver)
        // A caller that resets the barrier last aborts it afterwards, so no caller is left waiting.
        isOver.add()
        barrier.abort(Fault("the end"))
        return outcomes
      }
      expectAllOrNone(outcomes.flatMap { (try? $0.get()) ?? [] }, parties: size.parties)
      #expect(barrier.isBroken)
    }
  }

  /// The part of one caller: it waits, with or without a timeout, and occasionally aborts or resets.
  private func runChaos(at barrier: ThreadBarrier, caller: Int, isOver: Counter) -> [Outcome] {
    var outcomes: [Outcome] = []
    for step in 0..<100 where isOver.now == 0 {
      switch Int.random(in: 0..<barrier.parties * 8) {
      case 0: barrier.abort(Fault("step \(step) of \(caller)"))
      case 1: barrier.reset()
      case 2: outcomes.append(Outcome { try barrier.wait(timeout: .zero) })
      case 3: outcomes.append(Outcome { try barrier.wait(timeout: .microseconds(Int.random(in: 1...500))) })
      case 4: outcomes.append(Outcome { try barrier.wait(timeout: .seconds(1 << 20)) })
      default: outcomes.append(Outcome { try barrier.wait() })
      }
      if outcomes.last?.barrierError != nil, Bool.random() { barrier.reset() }
    }
    return outcomes
  }
}
