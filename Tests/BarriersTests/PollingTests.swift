import Foundation
import Testing

@testable import Barriers

/// Polling by more than two parties, which listen to a bell; as on a machine with a processor for each of them.
struct PollingTests {
  private static func barrier(of parties: Int) -> ThreadBarrier {
    ThreadBarrier(
      BarrierCore(parties: parties, label: nil, strategy: .adaptive, processors: parties, action: nil))
  }

  @Test func theBellIsHeardOnceARing() {
    let bell = Bell()
    var heard: UInt64?
    #expect(bell.hasRung(since: &heard))
    #expect(!bell.hasRung(since: &heard))
    bell.ring()
    bell.ring()
    #expect(bell.hasRung(since: &heard))
    #expect(!bell.hasRung(since: &heard))
  }

  @Test func everyPhaseThatIsOverRingsTheBell() throws {
    let barrier = Self.barrier(of: 3)
    let mayBeNone = barrier.core.policy.bell
    let bell = try #require(mayBeNone)
    var heard: UInt64?
    _ = bell.hasRung(since: &heard)
    let ends: [@Sendable () -> Void] = [
      { _ = try? barrier.wait() }, { barrier.reset() }, { barrier.abort(nil) },
    ]
    for end in ends {
      let waiting = (0..<2).map { Party("\($0)") { try barrier.wait() } }
      eventually { barrier.waitingCount == 2 }
      #expect(!bell.hasRung(since: &heard))
      end()
      #expect(bell.hasRung(since: &heard))
      for party in waiting { _ = party.result }
    }
  }

  /// rule 1, rule 2, rule 3: surplus callers too.
  @Test(arguments: [3, 4, 8], [0, 2])
  func phasesComplete(parties: Int, surplus: Int) {
    let barrier = Self.barrier(of: parties)
    let phases = 3_000 / parties
    let tickets = Counter(parties * phases)
    let outcomes = crew(of: parties + surplus) { _ in
      var outcomes: [Outcome] = []
      while tickets.add(-1) >= 0 { outcomes.append(Outcome { try barrier.wait() }) }
      return outcomes
    }
    let all = outcomes.flatMap { (try? $0.get()) ?? [] }
    #expect(all.count == parties * phases)
    #expect(all.allSatisfy { $0.arrival != nil })
    expectAllOrNone(all, parties: parties)
  }

  /// rule 8, rule 12, rule 14: whoever breaks a phase rings, too.
  @Test func brokenPhasesAreHeard() {
    let barrier = Self.barrier(of: 3)
    for round in 0..<500 {
      let waiting = (0..<2).map { Party("\($0)") { try barrier.wait() } }
      eventually { barrier.waitingCount == 2 }
      if round.isMultiple(of: 2) { barrier.abort(Fault("\(round)")) }
      barrier.reset()
      for party in waiting { #expect(party.result.breakage?.phase == UInt64(round)) }
    }
  }
}
