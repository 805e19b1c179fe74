import Foundation
import Testing

@testable import Barriers

/// Spinning with more than two parties, which watch a ReleaseCounter, as if each had its own processor.
struct SpinningTests {
  private static func barrier(of parties: Int) -> ThreadBarrier {
    ThreadBarrier(
      BarrierCore(parties: parties, label: nil, strategy: .adaptive, processors: parties, action: nil))
  }

  @Test func eachWatcherSeesAnAdvanceOnce() {
    let counter = ReleaseCounter()
    var seen: UInt64?
    #expect(counter.hasAdvanced(since: &seen))
    #expect(!counter.hasAdvanced(since: &seen))
    counter.advance()
    counter.advance()
    #expect(counter.hasAdvanced(since: &seen))
    #expect(!counter.hasAdvanced(since: &seen))
  }

  @Test func everyEndOfAPhaseAdvancesTheCounter() throws {
    let barrier = Self.barrier(of: 3)
    let mayBeNone = barrier.core.policy.releaseCounter
    let counter = try #require(mayBeNone)
    var seen: UInt64?
    _ = counter.hasAdvanced(since: &seen)
    let ends: [@Sendable () -> Void] = [
      { _ = try? barrier.wait() }, { barrier.reset() }, { barrier.abort(nil) },
    ]
    for end in ends {
      let waiting = (0..<2).map { ThreadParticipant("\($0)") { try barrier.wait() } }
      eventually { barrier.waitingCount == 2 }
      #expect(!counter.hasAdvanced(since: &seen))
      end()
      #expect(counter.hasAdvanced(since: &seen))
      for party in waiting { _ = party.result }
    }
  }

  /// rule 1, rule 2, rule 3: also with surplus callers.
  @Test(arguments: [3, 4, 8], [0, 2])
  func phasesComplete(parties: Int, surplus: Int) {
    let barrier = Self.barrier(of: parties)
    let phases = 3_000 / parties
    let tickets = Counter(parties * phases)
    let outcomes = onThreads(parties + surplus) { _ in
      var outcomes: [Outcome] = []
      while tickets.add(-1) >= 0 { outcomes.append(Outcome { try barrier.wait() }) }
      return outcomes
    }
    let all = outcomes.flatMap { (try? $0.get()) ?? [] }
    #expect(all.count == parties * phases)
    #expect(all.allSatisfy { $0.arrival != nil })
    expectAllOrNone(all, parties: parties)
  }

  /// rule 8, rule 12, rule 14
  @Test func aBrokenPhaseReleasesSpinningParties() {
    let barrier = Self.barrier(of: 3)
    for round in 0..<500 {
      let waiting = (0..<2).map { ThreadParticipant("\($0)") { try barrier.wait() } }
      eventually { barrier.waitingCount == 2 }
      if round.isMultiple(of: 2) { barrier.abort(Fault("\(round)")) }
      barrier.reset()
      for party in waiting { #expect(party.result.barrierError?.phase == UInt64(round)) }
    }
  }
}
