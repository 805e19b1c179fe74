import BarrierModel
import Testing

/// rule 2: no party waits for a slow leaver.
struct SlowLeaverTests {
  /// A party that was asleep is paused at each of its steps after its phase is over, until no other thread
  /// can run: the others complete two more phases. Only where the party holds the lock, for a few
  /// instructions, must it run.
  @Test(arguments: [false, true], [false, true])
  func aPausedLeaverDelaysNoOtherParty(isBreak: Bool, isTask: Bool) {
    var pauses = 0
    let workers = WorkerPool()
    for step in 0..<60 {
      let schedule = PausingSchedule("slow", atStep: step)
      let simulator = Simulator(
        step, .init(), schedule, on: workers, execution: 0, isTraced: false)
      let barrier = Simulator.$underConstruction.withValue(simulator) {
        RecordedBarrier(simulator, parties: 2)
      }
      schedule.simulator = simulator
      // The first call is that of the slow party.
      schedule.isPhaseOver = { [unowned barrier] in
        barrier.history.calls.dropFirst().contains { $0.answer != nil }
      }
      if isTask {
        simulator.startTask("slow") { await barrier.waitAsTask() }
      } else {
        simulator.start("slow") { barrier.wait() }
      }
      simulator.start("fast") {
        while barrier.base.waitingCount == 0 { simulator.spinHint("waits for the slow party") }
        if isBreak {
          barrier.abort()
          barrier.reset()
        } else {
          barrier.wait()
        }
        barrier.wait(times: 2)
      }
      simulator.start("fast too") {
        while barrier.base.phase == 0 { simulator.spinHint("waits for phase 1") }
        barrier.wait(times: 2)
      }
      #expect(simulator.run() == nil)
      #expect(throws: Never.self) { try barrier.check() }
      #expect(!schedule.blockedOthers, "at step \(step)")
      if schedule.hasPaused { pauses += 1 }
    }
    // It wakes up, checks whether its phase is over, and finds out how the phase ended.
    #expect(pauses >= 3)
  }

  /// Never preempts, but pauses the thread of this name at this step of its own until no other can run.
  private final class PausingSchedule: Schedule {
    weak var simulator: Simulator?
    var isPhaseOver: () -> Bool = { false }
    private let name: String
    private let step: Int
    private var steps = 0
    private(set) var hasPaused = false
    private(set) var blockedOthers = false
    let decisions = Decisions()

    init(_ name: String, atStep step: Int) {
      (self.name, self.step) = (name, step)
    }

    func choose(_ options: [Transition], free: Int) -> Transition {
      let threads = options.filter { number(of: $0) != nil }
      let others = threads.filter { !isSlow($0) }
      guard steps >= step, threads.contains(where: isSlow) else {
        if isSlow(threads[0]) { steps += 1 }
        return threads[0]
      }
      if let other = others.first {
        return other
      }
      // Only the paused thread can run.
      let thread = simulator!.threads[number(of: threads[0])!]
      let othersHaveFinished = simulator!.threads.allSatisfy { $0 === thread || $0.status == .finished }
      if isPhaseOver() && thread.locksHeld == 0 {
        hasPaused = true
        blockedOthers = blockedOthers || !othersHaveFinished
      }
      return threads[0]
    }

    private func isSlow(_ transition: Transition) -> Bool {
      number(of: transition).map { simulator!.threads[$0].name == name } ?? false
    }

    private func number(of transition: Transition) -> Int? {
      if case .thread(let number) = transition { number } else { nil }
    }

    func staleness(upTo limit: Int) -> Int { 0 }
    func injectsFailure() -> Bool { false }
  }
}
