import Testing

@testable import Barriers

/// What the adaptive strategy learns, without a thread: phases take what the test says.
struct WaitLearnerTests {
  /// What a phase takes in each way, in nanoseconds, and in which ways somebody sleeps in the end.
  private struct Machine {
    var polling: UInt64 = 0
    var yielding: UInt64
    var sleeping: UInt64
    var isInVain = false

    func nanoseconds(_ way: WaitLearner.Way) -> UInt64 {
      switch way {
      case .polling: polling
      case .yielding: yielding
      case .sleeping: sleeping
      }
    }
  }

  /// A barrier, and the ways in which its phases were waited for.
  private struct Run {
    var learner: WaitLearner
    var now: UInt64 = 1_000
    var way: WaitLearner.Way

    init(_ usual: WaitLearner.Way, mayPoll: Bool = false) {
      (learner, way) = (WaitLearner(usual, mayPoll: mayPoll), usual)
    }

    /// Answers how many phases were waited for in each way, and how long all of them took.
    mutating func run(_ phases: Int, on machine: Machine) -> (
      ways: [WaitLearner.Way: Int], nanoseconds: UInt64
    ) {
      let start = now
      var ways: [WaitLearner.Way: Int] = [:]
      for _ in 0..<phases {
        ways[way, default: 0] += 1
        now += machine.nanoseconds(way)
        way = learner.phaseEnded(at: now, someoneSlept: way == .sleeping || machine.isInVain)
      }
      return (ways, now - start)
    }
  }

  @Test(arguments: [WaitLearner.Way.polling, .yielding, .sleeping], [true, false])
  func whateverItBeganWithItFindsTheBestWay(best: WaitLearner.Way, isInVain: Bool) {
    for first in [WaitLearner.Way.polling, .yielding, .sleeping] {
      var machine = Machine(polling: 90_000, yielding: 80_000, sleeping: 100_000, isInVain: true)
      switch best {
      case .polling: machine.polling = 30_000
      case .yielding: machine.yielding = 30_000
      case .sleeping: machine.sleeping = 30_000
      }
      var run = Run(first, mayPoll: true)
      _ = run.run(5_000, on: machine)
      machine.isInVain = isInVain
      #expect(run.run(1_000, on: machine).ways[best, default: 0] > 950, "began \(first)")
    }
  }

  @Test func itNeverPollsWhereTheMissingPartiesCouldNotRun() {
    var run = Run(.sleeping)
    let machine = Machine(polling: 1, yielding: 90_000, sleeping: 100_000, isInVain: true)
    #expect(run.run(10_000, on: machine).ways[.polling] == nil)
  }

  /// As beside a busy process: most phases are short, but now and then one takes a time slice.
  @Test(arguments: [true, false])
  func aLostTimeSliceCountsAndAPauseDoesNot(lostSlice: Bool) {
    var learner = WaitLearner(.yielding, mayPoll: false)
    var (way, now, yielded) = (WaitLearner.Way.yielding, UInt64(1_000), 0)
    for phase in 0..<20_000 {
      let isLong = way == .yielding && phase.isMultiple(of: 7)
      now += way == .sleeping ? 90_000 : isLong ? 4_000_000 : 30_000
      way = learner.phaseEnded(at: now, someoneSlept: true, lostSlice: isLong && lostSlice)
      if way == .yielding { yielded += 1 }
    }
    #expect(lostSlice ? yielded < 2_000 : yielded > 18_000)
  }

  @Test func itFollowsTheMachineWhenItChanges() {
    var run = Run(.sleeping)
    let idle = Machine(yielding: 30_000, sleeping: 90_000)
    let busy = Machine(yielding: 3_000_000, sleeping: 90_000, isInVain: true)
    _ = run.run(5_000, on: idle)
    _ = run.run(5_000, on: busy)
    #expect(run.run(1_000, on: busy).ways[.sleeping, default: 0] > 970)
    // The longer the other way has lost, the rarer the tries: but they do come.
    _ = run.run(500_000, on: idle)
    #expect(run.run(1_000, on: idle).ways[.yielding, default: 0] > 970)
  }

  @Test(arguments: [100_000, 1_000_000, 100_000_000])
  func whatItsTriesWasteIsAFewPerCentOfTheTime(yielding: UInt64) {
    var run = Run(.sleeping)
    let machine = Machine(yielding: yielding, sleeping: 50_000, isInVain: true)
    // The first try comes before anything is known; from then on they are paid for in advance.
    _ = run.run(30, on: machine)
    let phases = 100_000
    #expect(Double(run.run(phases, on: machine).nanoseconds) < 1.04 * Double(phases) * 50_000)
  }

  @Test func phasesThatTakeMillisecondsNeedNotBeManyToBeJudged() {
    var run = Run(.sleeping)
    let machine = Machine(yielding: 2_000_000, sleeping: 9_000_000)
    #expect(run.run(20, on: machine).ways[.yielding, default: 0] > 12)
  }

  @Test func wherePollingServesItIsContentAndNeedsNoClock() {
    var learner = WaitLearner(.polling, mayPoll: true)
    var now: UInt64 = 0
    for _ in 0..<20 {
      now += 100
      #expect(learner.phaseEnded(at: now, someoneSlept: false) == .polling)
      if learner.isContent { break }
    }
    #expect(learner.isContent)
  }

  @Test func whereYieldingServesSleepingIsTriedOnceASecond() {
    var run = Run(.yielding)
    let ways = run.run(300_000, on: Machine(yielding: 30_000, sleeping: 90_000)).ways
    #expect((30...60).contains(ways[.sleeping, default: 0]))
  }

  @Test(arguments: [0, 1, 2])
  func aSlowBeginningIsNoReasonToGiveUpPolling(slowPhases: Int) {
    var run = Run(.polling, mayPoll: true)
    _ = run.run(1, on: Machine(yielding: 1_000, sleeping: 20_000))
    let slow = Machine(
      polling: 50_000_000, yielding: 50_000_000, sleeping: 50_000_000, isInVain: true)
    _ = run.run(slowPhases, on: slow)
    let machine = Machine(polling: 100, yielding: 1_000, sleeping: 20_000)
    _ = run.run(100, on: machine)
    #expect(run.run(10_000, on: machine).ways[.polling] == 10_000)
  }

  @Test func wherePollingIsInVainAndSavesNothingEverybodySleepsAtOnce() {
    var run = Run(.polling, mayPoll: true)
    let machine = Machine(polling: 300_000, yielding: 300_000, sleeping: 302_000, isInVain: true)
    _ = run.run(1_000, on: machine)
    #expect(run.run(1_000, on: machine).ways[.sleeping, default: 0] > 970)
  }

  @Test func aLongPauseBetweenPhasesDoesNotChangeItsMind() {
    var run = Run(.sleeping)
    let machine = Machine(yielding: 30_000, sleeping: 90_000)
    _ = run.run(1_000, on: machine)
    for _ in 0..<100 {
      run.now += 5_000_000_000
      _ = run.run(100, on: machine)
    }
    #expect(run.run(1_000, on: machine).ways[.yielding, default: 0] > 900)
  }

  @Test func barriersOfAboutTheSameSizeShareTheirExperience() {
    #expect(Experience.of(64) === Experience.of(100))
    #expect(Experience.of(64) !== Experience.of(63))
    #expect(Experience.of(1) !== Experience.of(ThreadBarrier.maxParties))
  }

  @Test func aNewBarrierBeginsWithWhatOthersHaveLearned() {
    let experience = Experience()
    #expect(experience.learner().usual == .sleeping)
    var run = Run(.sleeping)
    _ = run.run(1_000, on: Machine(yielding: 30_000, sleeping: 90_000))
    experience.note(run.learner, at: run.now)
    #expect(experience.learner().usual == .yielding)
    // What a try has wasted, others do not waste at once; but they do not wait for ever either.
    _ = run.run(1_000, on: Machine(yielding: 900_000_000, sleeping: 90_000, isInVain: true))
    experience.note(run.learner, at: run.now)
    #expect(experience.learner().usual == .sleeping)
    #expect(run.learner.nextTry > run.now + 1_000_000_000)
    #expect(experience.learner().nextTry == run.now + 1_000_000_000)
  }
}
