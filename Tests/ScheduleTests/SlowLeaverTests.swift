import BarrierModel
import Testing

/// rule 2: nobody waits for slow leavers.
struct SlowLeaverTests {
  /// A party that was asleep stands still at any of its steps after its phase is over, for as long as the others like: these
  /// go on through two more phases. Only where it holds the lock, which it does for a few instructions, it has to go on.
  @Test(arguments: [false, true], [false, true])
  func aPartyThatStandsStillWhileItLeavesHoldsNobodyUp(isBreak: Bool, isTask: Bool) {
    var stops = 0
    let workers = WorkerPool()
    for step in 0..<60 {
      let schedule = StandStill("slow", atStep: step)
      let simulator = Simulator(
        step, .init(), schedule, on: workers, execution: 0, isTraced: false)
      let meeting = Simulator.$inTheMaking.withValue(simulator) { Meeting(simulator, parties: 2) }
      schedule.simulator = simulator
      // The first call is that of the slow one.
      schedule.isPhaseOver = { [unowned meeting] in
        meeting.history.calls.dropFirst().contains { $0.answer != nil }
      }
      if isTask {
        simulator.startTask("slow") { await meeting.waitAsTask() }
      } else {
        simulator.start("slow") { meeting.wait() }
      }
      simulator.start("fast") {
        while meeting.barrier.waitingCount == 0 { simulator.poll("waits for the slow one") }
        if isBreak {
          meeting.abort()
          meeting.reset()
        } else {
          meeting.wait()
        }
        meeting.wait(times: 2)
      }
      simulator.start("fast too") {
        while meeting.barrier.phase == 0 { simulator.poll("waits for phase 1") }
        meeting.wait(times: 2)
      }
      #expect(simulator.run() == nil)
      #expect(throws: Never.self) { try meeting.check() }
      #expect(!schedule.wasNeeded, "at step \(step)")
      if schedule.stoodStill { stops += 1 }
    }
    // It wakes up, looks whether its phase is over, and how it ended.
    #expect(stops >= 3)
  }

  /// One thread runs until it cannot go on, then the next; but a certain one stops at a certain step of its own, until
  /// nobody else can go on.
  private final class StandStill: Schedule {
    weak var simulator: Simulator?
    var isPhaseOver: () -> Bool = { false }
    private let name: String
    private let step: Int
    private var steps = 0
    private(set) var stoodStill = false
    private(set) var wasNeeded = false
    let decisions = Decisions()

    init(_ name: String, atStep step: Int) {
      (self.name, self.step) = (name, step)
    }

    func choose(_ options: [Choice], free: Int) -> Choice {
      let threads = options.filter { number(of: $0) != nil }
      let others = threads.filter { !isSlow($0) }
      guard steps >= step, threads.contains(where: isSlow) else {
        if isSlow(threads[0]) { steps += 1 }
        return threads[0]
      }
      if let other = others.first {
        return other
      }
      // Only the slow one is left.
      let thread = simulator!.threads[number(of: threads[0])!]
      let allElseAreOver = simulator!.threads.allSatisfy { $0 === thread || $0.status == .finished }
      if isPhaseOver() && thread.locksHeld == 0 {
        stoodStill = true
        wasNeeded = wasNeeded || !allElseAreOver
      }
      return threads[0]
    }

    private func isSlow(_ choice: Choice) -> Bool {
      number(of: choice).map { simulator!.threads[$0].name == name } ?? false
    }

    private func number(of choice: Choice) -> Int? {
      if case .thread(let number) = choice { number } else { nil }
    }

    func age(upTo oldest: Int) -> Int { 0 }
    func fails() -> Bool { false }
  }
}
