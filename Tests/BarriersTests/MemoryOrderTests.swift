import Testing

@testable import Barriers

/// Writes before `wait()` are visible in the action and after `wait()`, with plain loads and stores.
///
/// If a happens-before edge were missing, values would sometimes be wrong. Under ThreadSanitizer each test
/// then fails however the threads are scheduled.
struct MemoryOrderTests {
  /// `@unchecked Sendable`: only the barrier orders the accesses.
  private final class Cell: @unchecked Sendable {
    var value = 0
  }

  /// rule 6
  @Test(arguments: [2, 4], [WaitStrategy.adaptive, .parking])
  func writesOfOthersBeforeWaitAreVisibleAfterIt(count: Int, strategy: WaitStrategy) {
    let barrier = ThreadBarrier(parties: count, strategy: strategy)
    let cells = (0..<count).map { _ in Cell() }
    let sums = onThreads(count, at: barrier) { index in
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
  func theActionSeesAllWritesAndAllSeeItsWrites(count: Int, strategy: WaitStrategy) {
    let cells = (0..<count).map { _ in Cell() }
    let total = Cell()
    let barrier = ThreadBarrier(parties: count, strategy: strategy) { _ in
      total.value = cells.reduce(0) { $0 + $1.value }
      for cell in cells { cell.value = 0 }
    }
    let results = onThreads(count, at: barrier) { index in
      var wrong = 0
      for step in 1...300 {
        cells[index].value += step
        try barrier.wait()
        if total.value != step * count { wrong += 1 }
        // The next action writes `total` only after all threads have read it here.
      }
      return wrong
    }
    for result in results { #expect((try? result.get()) == 0) }
  }

  /// rule 6
  @Test func surplusCallersSeeTheWritesOfTheAction() {
    let (parties, callers) = (2, 5)
    let total = Cell()
    let barrier = ThreadBarrier(parties: parties) { _ in total.value += 1 }
    let tickets = Counter(parties * 300)
    let results = onThreads(callers, at: barrier) { _ in
      var wrong = 0
      while tickets.add(-1) >= 0 {
        let phase = try barrier.wait().phase
        // Later actions may already run, so only the last phase can check the value.
        if phase == UInt64(parties * 300 / parties - 1), total.value != 300 { wrong += 1 }
      }
      return wrong
    }
    for result in results { #expect((try? result.get()) == 0) }
    #expect(total.value == 300)
  }

  /// rule 6
  @Test func writesBeforeAnAbortAreVisibleToThePartiesThatThrow() {
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
