import Foundation
import Testing

@testable import Barriers

/// Polling by more than two parties, which listen to a bell; as on a machine with a processor for each of them.
struct PollingTests {
  /// `BarrierCore` cannot be copied: shared by reference.
  private final class Shared: Sendable {
    let core: BarrierCore

    init(parties: Int) {
      core = BarrierCore(parties: parties, label: nil, strategy: .adaptive, processors: parties, action: nil)
    }
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
    let shared = Shared(parties: 3)
    let mayBeNone = shared.core.policy.bell
    let bell = try #require(mayBeNone)
    var heard: UInt64?
    _ = bell.hasRung(since: &heard)
    let ends: [@Sendable () -> Void] = [
      { _ = try? shared.core.wait(.unlimited) }, { shared.core.reset() }, { shared.core.abort(nil) },
    ]
    for end in ends {
      let waiting = (0..<2).map { Party("\($0)") { try shared.core.wait(.unlimited) } }
      eventually { shared.core.waitingCount == 2 }
      #expect(!bell.hasRung(since: &heard))
      end()
      #expect(bell.hasRung(since: &heard))
      for party in waiting { _ = party.result }
    }
  }

  /// rule 1, rule 2, rule 3: surplus callers too.
  @Test(arguments: [3, 4, 8], [0, 2])
  func phasesComplete(parties: Int, surplus: Int) {
    let shared = Shared(parties: parties)
    let phases = 3_000 / parties
    let tickets = Counter(parties * phases)
    let outcomes = crew(of: parties + surplus) { _ in
      var outcomes: [Outcome] = []
      while tickets.add(-1) >= 0 { outcomes.append(Outcome { try shared.core.wait(.unlimited) }) }
      return outcomes
    }
    let all = outcomes.flatMap { (try? $0.get()) ?? [] }
    #expect(all.count == parties * phases)
    #expect(all.allSatisfy { $0.arrival != nil })
    expectAllOrNone(all, parties: parties)
  }

  /// rule 8, rule 12, rule 14: whoever breaks a phase rings, too.
  @Test func brokenPhasesAreHeard() {
    let shared = Shared(parties: 3)
    for round in 0..<500 {
      let waiting = (0..<2).map { Party("\($0)") { try shared.core.wait(.unlimited) } }
      eventually { shared.core.waitingCount == 2 }
      if round.isMultiple(of: 2) { shared.core.abort(Fault("\(round)")) }
      shared.core.reset()
      for party in waiting { #expect(party.result.breakage?.phase == UInt64(round)) }
    }
  }
}
