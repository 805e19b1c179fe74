import Foundation
import Testing

@testable import Barriers

/// Signals and spurious wake-ups release no party. Serialized: a signal handler belongs to the process.
@Suite(.serialized)
struct SignalTests {
  /// Signals that reached a thread.
  fileprivate static let received = Counter()

  enum Restart: CaseIterable, Sendable {
    case interruptedCallsRestart, interruptedCallsFail

    /// Installs a handler for SIGUSR1 that only counts: its purpose is to interrupt the thread.
    func install() {
      _ = SignalTests.received.now  // created here, not in the handler
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
  func signalsReleaseNoWaitingParty(restart: Restart, strategy: WaitStrategy) {
    restart.install()
    let barrier = ThreadBarrier(parties: 5, strategy: strategy)
    let waits: [@Sendable () throws -> Arrival] = [
      { try barrier.wait() },
      { try barrier.wait() },
      { try barrier.wait(timeout: .seconds(1 << 20)) },
      { try barrier.wait(until: .now + .seconds(1 << 20)) },
    ]
    for phase in 0..<3 as Range<UInt64> {
      let waiters = waits.map { ThreadParticipant("waiter", at: barrier, $0) }
      eventually { barrier.waitingCount == 4 }
      let enough = Self.received.now + 1_000
      eventually {
        for waiter in waiters { waiter.thread.signal(SIGUSR1) }
        return Self.received.now > enough
      }
      for waiter in waiters { waiter.waitUntilAsleep() }
      #expect(waiters.allSatisfy { !$0.hasLeft })
      #expect(barrier.waitingCount == 4)
      #expect(barrier.phase == phase)
      let last = ThreadParticipant("last", at: barrier) { try barrier.wait() }
      expectAllOrNone((waiters + [last]).map(\.result), parties: 5)
      expect(last.result, completed: phase, index: 4, of: barrier)
    }
  }

  /// rule 23, rule 15
  @Test(arguments: Restart.allCases)
  func signalsCauseNoEarlyTimeout(restart: Restart) {
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

  /// rule 23, rule 1: while phases complete, break and are reset.
  @Test(arguments: Restart.allCases)
  func signalsChangeNoOutcome(restart: Restart) {
    restart.install()
    let barrier = ThreadBarrier(parties: 3)
    let outcomes = SharedLog<Outcome>()
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
