import Testing

@testable import Barriers

/// A barrier may be let go of at any time that one is not waiting at it, and takes with it what it held.
struct LifetimeTests {
  /// Counts itself out.
  private final class Token: Sendable {
    let gone: Counter
    init(_ gone: Counter) { self.gone = gone }
    deinit { gone.add() }
  }

  /// References to the same barriers, one row for each party; `@unchecked Sendable`: a row has one user.
  private final class Row: @unchecked Sendable {
    var barriers: [ThreadBarrier?]
    init(_ barriers: [ThreadBarrier]) { self.barriers = barriers }
  }

  /// rule 22
  @Test(arguments: [1, 2, 3, 8], [WaitStrategy.adaptive, .parking])
  func theLastReferenceMayGoTheMomentOnesOwnWaitHasReturned(count: Int, strategy: WaitStrategy) {
    let (gone, made) = (Counter(), Counter())
    stress { _ in
      let rows = withBarriers(100, count: count, strategy: strategy, gone: gone)
      made.add(100)
      let results = crew(of: count) { index in
        let row = rows[index]
        for number in row.barriers.indices {
          try row.barriers[number]!.wait()
          row.barriers[number] = nil
        }
      }
      #expect(results.allSatisfy { (try? $0.get()) != nil })
    }
    #expect(gone.now == made.now)
  }

  /// rule 22: no less if it is broken, or reset under those who wait.
  @Test(arguments: [2, 4])
  func itMayGoTheMomentOneHasBeenToldThatItIsBroken(count: Int) {
    let (gone, made) = (Counter(), Counter())
    stress { _ in
      let rows = withBarriers(50, count: count, strategy: .adaptive, gone: gone)
      made.add(50)
      _ = crew(of: count) { index in
        let row = rows[index]
        for number in row.barriers.indices {
          if index == 0 {
            if number.isMultiple(of: 2) { eventually { row.barriers[number]!.waitingCount == count - 1 } }
            row.barriers[number]!.abort(Fault("enough"))
          } else {
            let outcome = Outcome { try row.barriers[number]!.wait() }
            #expect(outcome.barrierError?.underlyingError as? Fault == Fault("enough"))
          }
          row.barriers[number] = nil
        }
      }
    }
    #expect(gone.now == made.now)
  }

  /// rule 22: an error may own whatever it likes, and may do so when it goes.
  @Test func theErrorOfABreakageGoesWithTheLastWhoKnowsIt() {
    struct Owning: Error { let token: Token }
    let gone = Counter()
    let barrier = ThreadBarrier(parties: 2)
    barrier.abort(Owning(token: Token(gone)))
    #expect(gone.now == 0)
    barrier.abort(Owning(token: Token(gone)))
    #expect(gone.now == 1)
    barrier.reset()
    #expect(gone.now == 2)

    let waiting = ThreadParticipant("waiting", at: barrier) { () -> Bool in
      do { try barrier.wait() } catch { return true }
      return false
    }
    eventually { barrier.waitingCount == 1 }
    barrier.abort(Owning(token: Token(gone)))
    #expect((try? waiting.result.get()) == true)
    #expect(gone.now == 2)
    barrier.reset()
    #expect(gone.now == 3)
  }

  /// rule 7, rule 22: the barrier's lock is not held when a user's error is destroyed.
  @Test func anErrorMayUseItsBarrierWhenItIsDestroyed() {
    final class Meddling: Error, Sendable {
      let barrier: ThreadBarrier
      init(_ barrier: ThreadBarrier) { self.barrier = barrier }
      deinit { barrier.reset() }
    }
    let barrier = ThreadBarrier(parties: 2)
    let done = ThreadParticipant("meddling", at: barrier) {
      for _ in 0..<3 {
        barrier.abort(Meddling(barrier))
        barrier.abort(Meddling(barrier))  // comes too late, goes at once, and resets
        barrier.abort(Meddling(barrier))
        barrier.reset()
      }
      return true
    }
    #expect((try? done.result.get()) == true)
    #expect(!barrier.isBroken)
  }

  private func withBarriers(_ number: Int, count: Int, strategy: WaitStrategy, gone: Counter) -> [Row] {
    let barriers = (0..<number).map { _ in
      let token = Token(gone)
      return ThreadBarrier(parties: count, strategy: strategy) { _ in withExtendedLifetime(token) {} }
    }
    return (0..<count).map { _ in Row(barriers) }
  }
}
