import Testing

@testable import Barriers

/// A phase number has 64 bits, and the barrier's state holds the low 38 of them. No number is used twice.
struct PhaseNumberTests {
  private static let wrap: UInt64 = 1 << 38

  private static func generation(of number: UInt64) -> UInt64 {
    BarrierState(opening: number).generation
  }

  /// rule 13
  @Test func numbersContinueWhenTheGenerationWraps() {
    let numbers = PhaseNumbers(first: 0)
    // 100 wraps, in strides shorter than the distance that the barrier relies on.
    for number in stride(from: 0, through: Self.wrap * 100, by: Int(Self.wrap / 8 - 1)) {
      #expect(numbers.number(of: Self.generation(of: number)) == number)
    }
  }

  /// rule 13, rule 1
  @Test(arguments: [wrap - 1, wrap, wrap + 1, wrap * 5 - 1, wrap * 5, wrap * 5 + (wrap / 2)])
  func aLatePartyReadsItsOwnPhaseNumber(current: UInt64) {
    let numbers = PhaseNumbers(first: current)
    for late in [0, 1, 2, 1_000_000, Self.wrap / 4] where late <= current {
      #expect(numbers.number(of: Self.generation(of: current - late)) == current - late)
      #expect(numbers.number(of: Self.generation(of: current)) == current)
    }
  }

  /// rule 13
  @Test func theGenerationNeverOverflowsIntoOtherBits() {
    let last = BarrierState(opening: Self.wrap - 1)
    let next = last.afterCompletion(of: last.generation)
    #expect(next == BarrierState(opening: 0))
    let broken = last.afterBreak()
    #expect(broken?.generation == 0 && broken?.isBroken == true && broken?.arrived == 0)
    let reset = BarrierState(bits: last.bits + BarrierState.oneArrival).afterReset()
    #expect(reset == BarrierState(opening: 0))
  }

  /// rule 13, rule 1, rule 3
  @Test(arguments: [wrap, wrap * 7])
  func phasesCompleteAcrossTheWrap(end: UInt64) {
    let actions = SharedLog<UInt64>()
    let barrier = ThreadBarrier(
      BarrierCore(parties: 3, label: nil, strategy: .adaptive, firstPhase: end - 50) { actions.add($0) })
    let results = onThreads(3) { _ in
      try (0..<100).map { _ in try barrier.wait() }
    }
    for result in results {
      #expect((try? result.get().map(\.phase)) == Array(end - 50..<end + 50))
    }
    #expect(actions.all == Array(end - 50..<end + 50))
    #expect(barrier.phase == end + 50)
  }

  /// rule 13, rule 12
  @Test func aPhaseThatBreaksAtTheWrapKeepsItsNumber() {
    let barrier = ThreadBarrier(
      BarrierCore(parties: 2, label: nil, strategy: .parking, firstPhase: Self.wrap - 2, action: nil))
    for phase in Self.wrap - 2..<Self.wrap + 2 {
      let waiting = ThreadParticipant("waiting") { try barrier.wait() }
      eventually { barrier.waitingCount == 1 }
      barrier.abort(Fault("\(phase)"))
      #expect(waiting.result.barrierError?.phase == phase)
      #expect(waiting.result.barrierError?.underlyingError as? Fault == Fault("\(phase)"))
      #expect(barrier.phase == phase + 1)
      barrier.reset()
      #expect(barrier.phase == phase + 1)
    }
  }
}
