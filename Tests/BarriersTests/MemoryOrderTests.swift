import Testing

@testable import Barriers

/// What was written before `wait()` can be read in the action, and after it: by plain loads of plain memory.
///
/// The values would be wrong now and then if an edge were missing; under ThreadSanitizer each of these tests fails
/// whenever one is, however the threads happen to run.
struct MemoryOrderTests {
  /// A cell with nothing to protect it but the barrier.
  private final class Cell: @unchecked Sendable {
    var value = 0
  }

  /// rule 6
  @Test(arguments: [2, 4], [WaitStrategy.adaptive, .parking])
  func whatOthersDidBeforeIsSeenAfterwards(count: Int, strategy: WaitStrategy) {
    let barrier = ThreadBarrier(parties: count, strategy: strategy)
    let cells = (0..<count).map { _ in Cell() }
    let sums = crew(of: count, at: barrier) { index in
      var wrong = 0
      for step in 1...300 {
        cells[index].value = step
        try barrier.wait()
        if cells.contains(where: { $0.value != step }) { wrong += 1 }
        try barrier.wait()
      }
      return wrong
    }
    for sum in sums { #expect((try? sum.get()) == 0) }
  }

  /// rule 6
  @Test(arguments: [2, 4], [WaitStrategy.adaptive, .parking])
  func theActionSeesWhatAllDidAndAllSeeWhatItDid(count: Int, strategy: WaitStrategy) {
    let cells = (0..<count).map { _ in Cell() }
    let total = Cell()
    let barrier = ThreadBarrier(parties: count, strategy: strategy) { _ in
      total.value = cells.reduce(0) { $0 + $1.value }
      for cell in cells { cell.value = 0 }
    }
    let results = crew(of: count, at: barrier) { index in
      var wrong = 0
      for step in 1...300 {
        cells[index].value += step
        try barrier.wait()
        if total.value != step * count { wrong += 1 }
        // The next action writes `total` only after everyone has come back from here.
      }
      return wrong
    }
    for result in results { #expect((try? result.get()) == 0) }
  }

  /// rule 6
  @Test func itHoldsForSurplusCallersToo() {
    let (parties, callers) = (2, 5)
    let total = Cell()
    let barrier = ThreadBarrier(parties: parties) { _ in total.value += 1 }
    let tickets = Counter(parties * 300)
    let results = crew(of: callers, at: barrier) { _ in
      var wrong = 0
      while tickets.add(-1) >= 0 {
        let phase = try barrier.wait().phase
        // Later actions may run already: so ask only what one's own phase has written.
        if phase == UInt64(parties * 300 / parties - 1), total.value != 300 { wrong += 1 }
      }
      return wrong
    }
    for result in results { #expect((try? result.get()) == 0) }
    #expect(total.value == 300)
  }

  /// rule 6: no less for those who are told of a breakage.
  @Test func whatWasDoneBeforeABreakIsSeenByThoseWhoAreToldOfIt() {
    stress { round in
      let cell = Cell()
      let barrier = ThreadBarrier(parties: 3)
      let waiting = (0..<2).map { _ in
        ThreadParticipant("waiting", at: barrier) { () -> Int in
          do { try barrier.wait() } catch { return cell.value }
          return -1
        }
      }
      if round.isMultiple(of: 2) { eventually { barrier.waitingCount == 2 } }
      cell.value = 42
      barrier.abort()
      for party in waiting { #expect((try? party.result.get()) == 42) }
    }
  }
}
