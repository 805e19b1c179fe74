import Testing

@testable import Barriers

/// What the adaptive strategy learns, without a thread: phases take what the test says.
struct WaitTunerTests {
  /// What a phase takes in each way, in nanoseconds, and in which ways somebody sleeps in the end.
  private struct Costs {
    var spinning: UInt64 = 0
    var yielding: UInt64
    var parking: UInt64
    var awakeFails = false

    func nanoseconds(_ way: WaitTuner.Mode) -> UInt64 {
      switch way {
      case .spinning: spinning
      case .yielding: yielding
      case .parking: parking
      }
    }
  }

  /// A barrier, and the ways in which its phases were waited for.
  private struct Run {
    var learner: WaitTuner
    var now: UInt64 = 1_000
    var way: WaitTuner.Mode

    init(_ current: WaitTuner.Mode, canSpin: Bool = false) {
      (learner, way) = (WaitTuner(current, canSpin: canSpin), current)
    }

    /// Answers how many phases were waited for in each way, and how long all of them took.
    mutating func run(_ phases: Int, on costs: Costs) -> (
      ways: [WaitTuner.Mode: Int], nanoseconds: UInt64
    ) {
      let start = now
      var ways: [WaitTuner.Mode: Int] = [:]
      for _ in 0..<phases {
        ways[way, default: 0] += 1
        now += costs.nanoseconds(way)
        way = learner.phaseEnded(at: now, anySlept: way == .parking || costs.awakeFails)
      }
      return (ways, now - start)
    }
  }

  @Test(arguments: [WaitTuner.Mode.spinning, .yielding, .parking], [true, false])
  func whateverItBeganWithItFindsTheBestWay(best: WaitTuner.Mode, awakeFails: Bool) {
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
      #expect(run.run(1_000, on: costs).ways[best, default: 0] > 950, "began \(first)")
    }
  }

  @Test func itNeverPollsWhereTheMissingPartiesCouldNotRun() {
    var run = Run(.parking)
    let costs = Costs(spinning: 1, yielding: 90_000, parking: 100_000, awakeFails: true)
    #expect(run.run(10_000, on: costs).ways[.spinning] == nil)
  }

  /// As beside a busy process: most phases are short, but now and then one takes a time slice.
  @Test(arguments: [true, false])
  func aLostTimeSliceCountsAndAPauseDoesNot(lostTimeSlice: Bool) {
    var learner = WaitTuner(.yielding, canSpin: false)
    var (way, now, yielded) = (WaitTuner.Mode.yielding, UInt64(1_000), 0)
    for phase in 0..<20_000 {
      let isLong = way == .yielding && phase.isMultiple(of: 7)
      now += way == .parking ? 90_000 : isLong ? 4_000_000 : 30_000
      way = learner.phaseEnded(at: now, anySlept: true, lostTimeSlice: isLong && lostTimeSlice)
      if way == .yielding { yielded += 1 }
    }
    #expect(lostTimeSlice ? yielded < 2_000 : yielded > 18_000)
  }

  @Test func itFollowsTheMachineWhenItChanges() {
    var run = Run(.parking)
    let idle = Costs(yielding: 30_000, parking: 90_000)
    let busy = Costs(yielding: 3_000_000, parking: 90_000, awakeFails: true)
    _ = run.run(5_000, on: idle)
    _ = run.run(5_000, on: busy)
    #expect(run.run(1_000, on: busy).ways[.parking, default: 0] > 970)
    // The longer the other way has lost, the rarer the tries: but they do come.
    _ = run.run(500_000, on: idle)
    #expect(run.run(1_000, on: idle).ways[.yielding, default: 0] > 970)
  }

  @Test(arguments: [100_000, 1_000_000, 100_000_000])
  func whatItsTriesWasteIsAFewPerCentOfTheTime(yielding: UInt64) {
    var run = Run(.parking)
    let costs = Costs(yielding: yielding, parking: 50_000, awakeFails: true)
    // The first try comes before anything is known; from then on they are paid for in advance.
    _ = run.run(30, on: costs)
    let phases = 100_000
    #expect(Double(run.run(phases, on: costs).nanoseconds) < 1.04 * Double(phases) * 50_000)
  }

  @Test func phasesThatTakeMillisecondsNeedNotBeManyToBeJudged() {
    var run = Run(.parking)
    let costs = Costs(yielding: 2_000_000, parking: 9_000_000)
    #expect(run.run(20, on: costs).ways[.yielding, default: 0] > 12)
  }

  @Test func wherePollingServesItIsContentAndNeedsNoClock() {
    var learner = WaitTuner(.spinning, canSpin: true)
    var now: UInt64 = 0
    for _ in 0..<20 {
      now += 100
      #expect(learner.phaseEnded(at: now, anySlept: false) == .spinning)
      if learner.isSettled { break }
    }
    #expect(learner.isSettled)
  }

  @Test func whereYieldingServesSleepingIsTriedOnceASecond() {
    var run = Run(.yielding)
    let ways = run.run(300_000, on: Costs(yielding: 30_000, parking: 90_000)).ways
    #expect((30...60).contains(ways[.parking, default: 0]))
  }

  @Test(arguments: [0, 1, 2])
  func aSlowBeginningIsNoReasonToGiveUpPolling(slowPhases: Int) {
    var run = Run(.spinning, canSpin: true)
    _ = run.run(1, on: Costs(yielding: 1_000, parking: 20_000))
    let slow = Costs(
      spinning: 50_000_000, yielding: 50_000_000, parking: 50_000_000, awakeFails: true)
    _ = run.run(slowPhases, on: slow)
    let costs = Costs(spinning: 100, yielding: 1_000, parking: 20_000)
    _ = run.run(100, on: costs)
    #expect(run.run(10_000, on: costs).ways[.spinning] == 10_000)
  }

  @Test func wherePollingIsInVainAndSavesNothingEverybodySleepsAtOnce() {
    var run = Run(.spinning, canSpin: true)
    let costs = Costs(spinning: 300_000, yielding: 300_000, parking: 302_000, awakeFails: true)
    _ = run.run(1_000, on: costs)
    #expect(run.run(1_000, on: costs).ways[.parking, default: 0] > 970)
  }

  @Test func aLongPauseBetweenPhasesDoesNotChangeItsMind() {
    var run = Run(.parking)
    let costs = Costs(yielding: 30_000, parking: 90_000)
    _ = run.run(1_000, on: costs)
    for _ in 0..<100 {
      run.now += 5_000_000_000
      _ = run.run(100, on: costs)
    }
    #expect(run.run(1_000, on: costs).ways[.yielding, default: 0] > 900)
  }

  @Test func barriersOfAboutTheSameSizeShareTheirExperience() {
    #expect(TuningCache.forParties(64) === TuningCache.forParties(100))
    #expect(TuningCache.forParties(64) !== TuningCache.forParties(63))
    #expect(TuningCache.forParties(1) !== TuningCache.forParties(ThreadBarrier.maxParties))
  }

  @Test func aNewBarrierBeginsWithWhatOthersHaveLearned() {
    let cache = TuningCache()
    #expect(cache.makeTuner().current == .parking)
    var run = Run(.parking)
    _ = run.run(1_000, on: Costs(yielding: 30_000, parking: 90_000))
    cache.record(run.learner, at: run.now)
    #expect(cache.makeTuner().current == .yielding)
    // What a try has wasted, others do not waste at once; but they do not wait for ever either.
    _ = run.run(1_000, on: Costs(yielding: 900_000_000, parking: 90_000, awakeFails: true))
    cache.record(run.learner, at: run.now)
    #expect(cache.makeTuner().current == .parking)
    #expect(run.learner.nextTrial > run.now + 1_000_000_000)
    #expect(cache.makeTuner().nextTrial == run.now + 1_000_000_000)
  }
}
