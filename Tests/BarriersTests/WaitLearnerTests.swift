import Testing

@testable import Barriers

/// What the adaptive strategy learns, without a thread: phases take what the test says.
struct WaitLearnerTests {
  /// A barrier whose phases take so many nanoseconds, each way.
  private struct Machine {
    var learner: WaitLearner
    var now: UInt64 = 1_000
    var way: WaitLearner.Way

    init(_ usual: WaitLearner.Way) {
      (learner, way) = (WaitLearner(usual), usual)
    }

    /// Runs phases, and answers how long they took and how many of them were awake.
    mutating func run(_ phases: Int, awake: UInt64, asleep: UInt64) -> (
      nanoseconds: UInt64, awake: Int
    ) {
      let start = now
      var inAwake = 0
      for _ in 0..<phases {
        if way == .awake { inAwake += 1 }
        now += way == .awake ? awake : asleep
        way = learner.phaseEnded(at: now, someoneSlept: way == .asleep || awake > 20_000)
      }
      return (now - start, inAwake)
    }
  }

  @Test(arguments: [WaitLearner.Way.awake, .asleep])
  func whateverItBeganWithItFindsTheBetterWay(first: WaitLearner.Way) {
    var machine = Machine(first)
    _ = machine.run(1_000, awake: 30_000, asleep: 90_000)
    #expect(machine.run(1_000, awake: 30_000, asleep: 90_000).awake > 970)
    machine = Machine(first)
    _ = machine.run(1_000, awake: 90_000, asleep: 30_000)
    #expect(machine.run(1_000, awake: 90_000, asleep: 30_000).awake < 30)
  }

  @Test func itFollowsTheMachineWhenItChanges() {
    var machine = Machine(.asleep)
    _ = machine.run(5_000, awake: 30_000, asleep: 90_000)
    _ = machine.run(5_000, awake: 3_000_000, asleep: 90_000)
    #expect(machine.run(1_000, awake: 3_000_000, asleep: 90_000).awake < 30)
    // The longer the other way has lost, the rarer the tries: but they do come.
    _ = machine.run(500_000, awake: 30_000, asleep: 90_000)
    #expect(machine.run(1_000, awake: 30_000, asleep: 90_000).awake > 970)
  }

  @Test(arguments: [100_000, 1_000_000, 100_000_000])
  func whatItsTriesWasteIsAFewPerCentOfTheTime(awake: UInt64) {
    var machine = Machine(.asleep)
    // The first try comes before anything is known; from then on they are paid for in advance.
    _ = machine.run(20, awake: awake, asleep: 50_000)
    let phases = 100_000
    let time = machine.run(phases, awake: awake, asleep: 50_000).nanoseconds
    #expect(Double(time) < 1.04 * Double(phases) * 50_000)
  }

  @Test func whereNobodySleepsItIsContentAndNeedsNoClock() {
    var learner = WaitLearner(.awake)
    var now: UInt64 = 0
    for _ in 0..<20 {
      now += 100
      #expect(learner.phaseEnded(at: now, someoneSlept: false) == .awake)
      if learner.isContent { break }
    }
    #expect(learner.isContent)
  }

  @Test func aLongPauseBetweenPhasesDoesNotChangeItsMind() {
    var machine = Machine(.asleep)
    _ = machine.run(1_000, awake: 30_000, asleep: 90_000)
    for _ in 0..<100 {
      machine.now += 5_000_000_000
      _ = machine.run(100, awake: 30_000, asleep: 90_000)
    }
    #expect(machine.run(1_000, awake: 30_000, asleep: 90_000).awake > 900)
  }
}
