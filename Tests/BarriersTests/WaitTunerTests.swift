import Testing

@testable import Barriers

/// How the adaptive strategy chooses a wait mode, without threads: the test sets how long phases take.
struct WaitTunerTests {
  /// The nanoseconds that a phase takes in each mode, and whether waiting awake fails, so that a party
  /// sleeps after all.
  private struct Costs {
    var spinning: UInt64 = 0
    var yielding: UInt64
    var parking: UInt64
    var awakeFails = false

    func nanoseconds(_ mode: WaitTuner.Mode) -> UInt64 {
      switch mode {
      case .spinning: spinning
      case .yielding: yielding
      case .parking: parking
      }
    }
  }

  /// A simulated barrier, and the mode in which its next phase is waited for.
  private struct Run {
    var tuner: WaitTuner
    var now: UInt64 = 1_000
    var mode: WaitTuner.Mode

    init(_ current: WaitTuner.Mode, canSpin: Bool = false) {
      (tuner, mode) = (WaitTuner(current, canSpin: canSpin), current)
    }

    /// Returns how many phases were waited for in each mode, and how long all phases took.
    mutating func run(_ phases: Int, on costs: Costs) -> (
      modes: [WaitTuner.Mode: Int], nanoseconds: UInt64
    ) {
      let start = now
      var modes: [WaitTuner.Mode: Int] = [:]
      for _ in 0..<phases {
        modes[mode, default: 0] += 1
        now += costs.nanoseconds(mode)
        mode = tuner.phaseEnded(at: now, anySlept: mode == .parking || costs.awakeFails)
      }
      return (modes, now - start)
    }
  }

  @Test(arguments: [WaitTuner.Mode.spinning, .yielding, .parking], [true, false])
  func itFindsTheBestModeFromEveryFirstMode(best: WaitTuner.Mode, awakeFails: Bool) {
    for first in [WaitTuner.Mode.spinning, .yielding, .parking] {
      var costs = Costs(spinning: 90_000, yielding: 80_000, parking: 100_000, awakeFails: true)
      switch best {
      case .spinning: costs.spinning = 30_000
      case .yielding: costs.yielding = 30_000
      case .parking: costs.parking = 30_000
      }
      var run = Run(first, canSpin: true)
      _ = run.run(5_000, on: costs)
      costs.awakeFails = awakeFails
      #expect(run.run(1_000, on: costs).modes[best, default: 0] > 950, "first mode \(first)")
    }
  }

  @Test func itNeverSpinsWhereTheMissingPartiesCouldNotRun() {
    var run = Run(.parking)
    let costs = Costs(spinning: 1, yielding: 90_000, parking: 100_000, awakeFails: true)
    #expect(run.run(10_000, on: costs).modes[.spinning] == nil)
  }

  /// As on a busy machine: most phases are short, but occasionally one takes a time slice.
  @Test(arguments: [true, false])
  func aLostTimeSliceCountsAndAPauseDoesNot(lostTimeSlice: Bool) {
    var tuner = WaitTuner(.yielding, canSpin: false)
    var (mode, now, yielded) = (WaitTuner.Mode.yielding, UInt64(1_000), 0)
    for phase in 0..<20_000 {
      let isLong = mode == .yielding && phase.isMultiple(of: 7)
      now += mode == .parking ? 90_000 : isLong ? 4_000_000 : 30_000
      mode = tuner.phaseEnded(at: now, anySlept: true, lostTimeSlice: isLong && lostTimeSlice)
      if mode == .yielding { yielded += 1 }
    }
    #expect(lostTimeSlice ? yielded < 2_000 : yielded > 18_000)
  }

  @Test func itAdaptsWhenTheLoadOfTheMachineChanges() {
    var run = Run(.parking)
    let idle = Costs(yielding: 30_000, parking: 90_000)
    let busy = Costs(yielding: 3_000_000, parking: 90_000, awakeFails: true)
    _ = run.run(5_000, on: idle)
    _ = run.run(5_000, on: busy)
    #expect(run.run(1_000, on: busy).modes[.parking, default: 0] > 970)
    // Trials become rarer the longer the other mode has lost, but they never stop.
    _ = run.run(500_000, on: idle)
    #expect(run.run(1_000, on: idle).modes[.yielding, default: 0] > 970)
  }

  @Test(arguments: [100_000, 1_000_000, 100_000_000])
  func trialsCostAFewPercentOfTheTime(yielding: UInt64) {
    var run = Run(.parking)
    let costs = Costs(yielding: yielding, parking: 50_000, awakeFails: true)
    // The first trial happens before any cost is known; later trials are paid for in advance.
    _ = run.run(30, on: costs)
    let phases = 100_000
    #expect(Double(run.run(phases, on: costs).nanoseconds) < 1.04 * Double(phases) * 50_000)
  }

  @Test func aFewPhasesOfMillisecondsAreEnoughToChooseAMode() {
    var run = Run(.parking)
    let costs = Costs(yielding: 2_000_000, parking: 9_000_000)
    #expect(run.run(20, on: costs).modes[.yielding, default: 0] > 12)
  }

  @Test func whereSpinningSucceedsItSettlesAndReadsNoClock() {
    var tuner = WaitTuner(.spinning, canSpin: true)
    var now: UInt64 = 0
    for _ in 0..<20 {
      now += 100
      #expect(tuner.phaseEnded(at: now, anySlept: false) == .spinning)
      if tuner.isSettled { break }
    }
    #expect(tuner.isSettled)
  }

  @Test func whereYieldingSucceedsParkingIsTriedRarely() {
    var run = Run(.yielding)
    let modes = run.run(300_000, on: Costs(yielding: 30_000, parking: 90_000)).modes
    #expect((30...60).contains(modes[.parking, default: 0]))
  }

  @Test(arguments: [0, 1, 2])
  func aSlowStartDoesNotEndSpinning(slowPhases: Int) {
    var run = Run(.spinning, canSpin: true)
    _ = run.run(1, on: Costs(yielding: 1_000, parking: 20_000))
    let slow = Costs(
      spinning: 50_000_000, yielding: 50_000_000, parking: 50_000_000, awakeFails: true)
    _ = run.run(slowPhases, on: slow)
    let costs = Costs(spinning: 100, yielding: 1_000, parking: 20_000)
    _ = run.run(100, on: costs)
    #expect(run.run(10_000, on: costs).modes[.spinning] == 10_000)
  }

  @Test func whereSpinningFailsAndSavesNothingItParksAtOnce() {
    var run = Run(.spinning, canSpin: true)
    let costs = Costs(spinning: 300_000, yielding: 300_000, parking: 302_000, awakeFails: true)
    _ = run.run(1_000, on: costs)
    #expect(run.run(1_000, on: costs).modes[.parking, default: 0] > 970)
  }

  @Test func aLongPauseBetweenPhasesDoesNotChangeTheMode() {
    var run = Run(.parking)
    let costs = Costs(yielding: 30_000, parking: 90_000)
    _ = run.run(1_000, on: costs)
    for _ in 0..<100 {
      run.now += 5_000_000_000
      _ = run.run(100, on: costs)
    }
    #expect(run.run(1_000, on: costs).modes[.yielding, default: 0] > 900)
  }

  @Test func barriersOfSimilarSizeShareACache() {
    #expect(TuningCache.forParties(64) === TuningCache.forParties(100))
    #expect(TuningCache.forParties(64) !== TuningCache.forParties(63))
    #expect(TuningCache.forParties(1) !== TuningCache.forParties(ThreadBarrier.maxParties))
  }

  @Test func aNewBarrierStartsWithTheModeThatOthersChose() {
    let cache = TuningCache()
    #expect(cache.makeTuner().current == .parking)
    var run = Run(.parking)
    _ = run.run(1_000, on: Costs(yielding: 30_000, parking: 90_000))
    cache.record(run.tuner, at: run.now)
    #expect(cache.makeTuner().current == .yielding)
    // After a costly trial, a new barrier delays its own trial too, but by at most one second.
    _ = run.run(1_000, on: Costs(yielding: 900_000_000, parking: 90_000, awakeFails: true))
    cache.record(run.tuner, at: run.now)
    #expect(cache.makeTuner().current == .parking)
    #expect(run.tuner.nextTrial > run.now + 1_000_000_000)
    #expect(cache.makeTuner().nextTrial == run.now + 1_000_000_000)
  }
}
