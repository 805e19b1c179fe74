import Testing

@testable import Barriers

/// The last reference to a barrier may be released whenever no call on it is running; the barrier then
/// releases all that it held.
struct LifetimeTests {
  /// Counts how many of its kind have been released.
  private final class Token: Sendable {
    let released: Counter
    init(_ released: Counter) { self.released = released }
    deinit { released.add() }
  }

  /// References to the same barriers, one row for each party. `@unchecked Sendable`: a row has one user.
  private final class Row: @unchecked Sendable {
    var barriers: [ThreadBarrier?]
    init(_ barriers: [ThreadBarrier]) { self.barriers = barriers }
  }

  /// rule 22
  @Test(arguments: [1, 2, 3, 8], [WaitStrategy.adaptive, .parking])
  func aPartyMayReleaseTheLastReferenceAsSoonAsItsWaitHasReturned(count: Int, strategy: WaitStrategy) {
    let (released, created) = (Counter(), Counter())
    stress { _ in
      let rows = withBarriers(100, count: count, strategy: strategy, released: released)
      created.add(100)
      let results = onThreads(count) { index in
        let row = rows[index]
        for number in row.barriers.indices {
          try row.barriers[number]!.wait()
          row.barriers[number] = nil
        }
      }
      #expect(results.allSatisfy { (try? $0.get()) != nil })
    }
    #expect(released.now == created.now)
  }

  /// rule 22: also for a barrier that is broken or reset while parties wait.
  @Test(arguments: [2, 4])
  func aPartyMayReleaseTheLastReferenceAsSoonAsItsWaitHasThrown(count: Int) {
    let (released, created) = (Counter(), Counter())
    stress { _ in
      let rows = withBarriers(50, count: count, strategy: .adaptive, released: released)
      created.add(50)
      _ = onThreads(count) { index in
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
    #expect(released.now == created.now)
  }

  /// rule 22
  @Test func theCauseIsReleasedOnceNoPartyCanReadItAnymore() {
    struct Owning: Error { let token: Token }
    let released = Counter()
    let barrier = ThreadBarrier(parties: 2)
    barrier.abort(Owning(token: Token(released)))
    #expect(released.now == 0)
    barrier.abort(Owning(token: Token(released)))
    #expect(released.now == 1)
    barrier.reset()
    #expect(released.now == 2)

    let waiting = ThreadParticipant("waiting", at: barrier) { () -> Bool in
      do { try barrier.wait() } catch { return true }
      return false
    }
    eventually { barrier.waitingCount == 1 }
    barrier.abort(Owning(token: Token(released)))
    #expect((try? waiting.result.get()) == true)
    #expect(released.now == 2)
    barrier.reset()
    #expect(released.now == 3)
  }

  /// rule 7, rule 22: the barrier holds no lock while it releases a user's error.
  @Test func anErrorMayUseItsBarrierWhenItIsDestroyed() {
    final class ResettingError: Error, Sendable {
      let barrier: ThreadBarrier
      init(_ barrier: ThreadBarrier) { self.barrier = barrier }
      deinit { barrier.reset() }
    }
    let barrier = ThreadBarrier(parties: 2)
    let done = ThreadParticipant("caller", at: barrier) {
      for _ in 0..<3 {
        barrier.abort(ResettingError(barrier))
        barrier.abort(ResettingError(barrier))  // too late: released at once, which resets
        barrier.abort(ResettingError(barrier))
        barrier.reset()
      }
      return true
    }
    #expect((try? done.result.get()) == true)
    #expect(!barrier.isBroken)
  }

  private func withBarriers(_ number: Int, count: Int, strategy: WaitStrategy, released: Counter) -> [Row] {
    let barriers = (0..<number).map { _ in
      let token = Token(released)
      return ThreadBarrier(parties: count, strategy: strategy) { _ in withExtendedLifetime(token) {} }
    }
    return (0..<count).map { _ in Row(barriers) }
  }
}
