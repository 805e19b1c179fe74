import Foundation
import Testing

@testable import Barriers

/// Misuse traps with a message that names the mistake; it never hangs.
struct MisuseTests {
  /// rule 21
  @Test(arguments: [0, -1, ThreadBarrier.maxParties + 1, .min, .max])
  func anImpossibleNumberOfPartiesTraps(parties: Int) async {
    let exit = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [parties] in
      _ = ThreadBarrier(parties: parties)
    }
    #expect(
      exit.standardErrorText.contains(
        "A barrier cannot have \(parties) parties: give it 1 to \(ThreadBarrier.maxParties)."))
  }

  /// rule 21
  @Test func aMillionPartiesArePossible() {
    #expect(ThreadBarrier.maxParties >= 1_000_000)
    let barrier = ThreadBarrier(parties: ThreadBarrier.maxParties)
    let timedWaiter = ThreadParticipant("timed waiter", at: barrier) { try barrier.wait(timeout: .zero) }
    expect(timedWaiter.result, brokenBy: Cause(.timedOut, arrived: 1), at: barrier, isOrigin: true)
  }

  /// How an action waits at its own barrier.
  enum Reentry: String, CaseIterable, Codable, Sendable {
    case directly, withATimeout, withADeadline, afterAbort, afterReset, withSeveralParties, fromANestedAction
    case fromANestedTeam

    func run() {
      let count = self == .withSeveralParties ? 3 : 1
      let barrier = ThreadBarrier.passingItselfToAction(parties: count, label: "halo") { barrier, _ in
        switch self {
        case .directly, .withSeveralParties: try barrier.wait()
        case .withATimeout: try barrier.wait(timeout: .zero)
        case .withADeadline: try barrier.wait(until: .now)
        case .afterAbort:
          barrier.abort()
          try barrier.wait()
        case .afterReset:
          barrier.reset()
          try barrier.wait()
        case .fromANestedAction:
          try ThreadBarrier(parties: 1) { _ in try barrier.wait() }.wait()
        case .fromANestedTeam:
          try withThreadTeam(size: 2) { _ in _ = try barrier.wait() }
        }
      }
      _ = onThreads(count, at: barrier) { _ in try barrier.wait() }
    }
  }

  /// rule 11
  @Test(arguments: Reentry.allCases)
  func anActionThatWaitsAtItsOwnBarrierTraps(reentry: Reentry) async {
    let exit = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [reentry] in
      reentry.run()
    }
    #expect(exit.standardErrorText.contains("barrier \"halo\""))
    #expect(exit.standardErrorText.contains("its own action called wait()"))
  }

  /// rule 11: what the check must allow.
  @Test func anActionMayWaitAtAnotherBarrierAndItsThreadMayWaitAgain() {
    let inner = ThreadBarrier(parties: 1)
    let fails = Counter(1)
    let outer = ThreadBarrier(parties: 1) { phase in
      try inner.wait()
      if fails.add(-1) == 0 { throw Fault("once") }
      // And again, at a barrier whose action has run on this thread and returned.
      try inner.wait()
    }
    let alone = ThreadParticipant("alone", at: outer) {
      let failed = Outcome { try outer.wait() }
      expect(failed, brokenBy: Cause(.actionFailed, by: Fault("once"), arrived: 1), at: outer, isOrigin: true)
      outer.reset()
      return try outer.wait()
    }
    expect(alone.result, completed: 1, index: 0, of: outer)
    #expect(inner.phase == 3)
  }

  /// rule 23: the only way to make such a call fail is to destroy a lock that a thread holds.
  @Test func aFailedPthreadCallTrapsWithItsName() async {
    final class Owner: Sendable {
      let monitor = Monitor(0)
    }
    let exit = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let shared = Unmanaged.passRetained(Owner())
      let hold = Gate()
      let holder = ThreadParticipant("holder") {
        shared._withUnsafeGuaranteedRef { owner in owner.monitor.withLock { _ in hold.pass() } }
      }
      eventually { hold.arrivals == 1 }
      shared.release()
      _ = holder.result
    }
    #expect(exit.standardErrorText.contains("Fatal error: pthread_"))
    #expect(exit.standardErrorText.contains("failed: \(String(cString: strerror(EBUSY))) (error \(EBUSY))"))
  }
}
