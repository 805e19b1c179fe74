import Foundation
import Testing

@testable import Barriers

/// Signals and spurious wake-ups let nobody through. One at a time: a signal's handler belongs to the process.
@Suite(.serialized)
struct SignalTests {
  /// Signals that reached a thread.
  fileprivate static let received = Counter()

  enum Restart: CaseIterable, Sendable {
    case interruptedCallsRestart, interruptedCallsFail

    /// What SIGUSR1 does from now on: little more than to wake up the thread that gets it.
    func install() {
      _ = SignalTests.received.now  // made here, and not in the handler
      var action = sigaction()
      #if canImport(Darwin)
      action.__sigaction_u.__sa_handler = { _ in SignalTests.received.add() }
      #else
      action.__sigaction_handler.sa_handler = { _ in SignalTests.received.add() }
      #endif
      action.sa_flags = self == .interruptedCallsRestart ? SA_RESTART : 0
      sigaction(SIGUSR1, &action, nil)
    }
  }

  /// rule 23
  @Test(arguments: Restart.allCases, [WaitStrategy.adaptive, .parking])
  func signalsThatRainOnSleepersLetNobodyThrough(restart: Restart, strategy: WaitStrategy) {
    restart.install()
    let barrier = ThreadBarrier(parties: 5, strategy: strategy)
    let waits: [@Sendable () throws -> Arrival] = [
      { try barrier.wait() },
      { try barrier.wait() },
      { try barrier.wait(timeout: .seconds(1 << 20)) },
      { try barrier.wait(until: .now + .seconds(1 << 20)) },
    ]
    for phase in 0..<3 as Range<UInt64> {
      let sleepers = waits.map { ThreadParticipant("sleeper", at: barrier, $0) }
      eventually { barrier.waitingCount == 4 }
      let rain = Self.received.now + 1_000
      eventually {
        for sleeper in sleepers { sleeper.thread.signal(SIGUSR1) }
        return Self.received.now > rain
      }
      for sleeper in sleepers { sleeper.fallsAsleep() }
      #expect(sleepers.allSatisfy { !$0.hasLeft })
      #expect(barrier.waitingCount == 4)
      #expect(barrier.phase == phase)
      let last = ThreadParticipant("last", at: barrier) { try barrier.wait() }
      expectAllOrNone((sleepers + [last]).map(\.result), parties: 5)
      expect(last.result, completed: phase, index: 4, of: barrier)
    }
  }

  /// rule 23, rule 15
  @Test(arguments: Restart.allCases)
  func signalsMakeNoTimeoutCome(restart: Restart) {
    restart.install()
    let barrier = ThreadBarrier(parties: 2)
    let timeout = Duration.milliseconds(100)
    let start = ContinuousClock.now
    let alone = ThreadParticipant("alone", at: barrier) { try barrier.wait(timeout: timeout) }
    let before = Self.received.now
    while !alone.hasLeft {
      alone.thread.signal(SIGUSR1)
      sched_yield()
    }
    #expect(Self.received.now > before)
    #expect(ContinuousClock.now - start >= timeout)
    expect(alone.result, brokenBy: Cause(.timedOut, arrived: 1), at: barrier, isOrigin: true)
  }

  /// rule 23, rule 1: it rains while phases complete, break and are reset.
  @Test(arguments: Restart.allCases)
  func signalsThatRainOnABusyBarrierChangeNoOutcome(restart: Restart) {
    restart.install()
    let barrier = ThreadBarrier(parties: 3)
    let outcomes = Notes<Outcome>()
    let isOver = Counter()
    let busy = (0..<4).map { index in
      ThreadParticipant("busy \(index)", at: barrier) {
        while isOver.now == 0 {
          let outcome = Outcome { try barrier.wait(timeout: .seconds(1 << 20)) }
          outcomes.add(outcome)
          if outcome.barrierError?.reason == .aborted { barrier.reset() }
        }
        barrier.abort(Fault("the end"))
      }
    }
    stress { round in
      for party in busy { party.thread.signal(SIGUSR1) }
      if round.isMultiple(of: 64) { barrier.abort(Fault("now and then")) }
      sched_yield()
    }
    isOver.add()
    barrier.abort(Fault("the end"))
    for party in busy { _ = party.result }
    expectAllOrNone(outcomes.all, parties: 3)
    #expect(outcomes.all.contains { $0.arrival != nil })
  }
}
