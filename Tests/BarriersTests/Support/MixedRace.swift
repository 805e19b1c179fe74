import Testing

@testable import Barriers

/// Two events in the same instant, at a barrier of four parties of which some are tasks.
///
/// The counterpart of ``Race``, with one event more. The barrier lacks one arrival when they happen: of two last
/// arrivals, one is surplus. A party whose time is over in that instant, or that is cancelled then, has arrived before,
/// or is about to. Whoever still waits when both events are past is freed by an abort.
final class MixedRace: Sendable {
  enum Event: CaseIterable, Sendable {
    case lastArrival, failedAction, timeout, abort, reset, cancellation

    /// Each with each, itself included.
    static let pairs: [[Event]] = allCases.indices.flatMap { index in
      allCases[index...].map { [allCases[index], $0] }
    }

    /// Whether a party that has arrived before makes it happen.
    var isOfAWaiter: Bool { self == .timeout || self == .cancellation }
  }

  /// Which parties are tasks, and which are threads; a party that is cancelled is a task in any case.
  enum ParticipantMix: CaseIterable, Sendable {
    case tasks, tasksWaitForThreads, threadsWaitForTasks

    var waiter: Kind { self == .threadsWaitForTasks ? .thread : .task }
    var actor: Kind { self == .tasksWaitForThreads ? .thread : .task }
  }

  static let parties = 4

  private let barrier: ThreadBarrier
  private let events: [Event]
  private let cast: ParticipantMix

  init(_ events: [Event], cast: ParticipantMix) {
    (self.events, self.cast) = (events, cast)
    let fails = events.contains(.failedAction)
    barrier = ThreadBarrier(parties: Self.parties) { phase in
      if fails { throw Fault("action of phase \(phase)") }
    }
  }

  /// Runs the race, in which the events happen after `delay`; answers with how all left.
  func run(delay: Duration) -> [Outcome] {
    let instant = ContinuousClock.now + delay
    let waiters = (0..<(Self.parties - 1 - events.count { $0.isOfAWaiter })).map { _ in
      cast.waiter.participant("waiter", at: barrier)
    }
    let hasty = events.filter { $0 == .timeout }.map { _ in
      cast.actor.participant("hasty", at: barrier, .until(instant))
    }
    let victims = events.filter { $0 == .cancellation }.map { [barrier] _ in
      TaskParticipant("victim", at: barrier) { try await AsyncBarrier(sharing: barrier).wait() }
    }
    let causes = events.filter { $0 == .abort || $0 == .reset }.map { [barrier] event in
      ThreadParticipant("\(event)", at: barrier) {
        while ContinuousClock.now < instant {}
        if event == .abort { barrier.abort(Fault("abort")) } else { barrier.reset() }
      }
    }
    let cancels = victims.map { victim in
      ThreadParticipant("cancels", at: barrier) {
        while ContinuousClock.now < instant {}
        victim.cancel()
      }
    }
    let last = events.filter { $0 == .lastArrival || $0 == .failedAction }.map { [barrier] _ in
      cast.actor.regular("last", at: barrier) { soFar in
        guard soFar.isEmpty else { return nil }
        while ContinuousClock.now < instant {}
        return .own
      }
    }
    for cause in causes + cancels { _ = cause.result }
    settle(
      all: waiters.count + hasty.count + victims.count + last.count,
      left: {
        (waiters + hasty).count { $0.hasLeft } + victims.count { $0.hasLeft } + last.count { $0.hasLeft }
      },
      areEventsOver: { hasty.allSatisfy { $0.hasLeft } && victims.allSatisfy { $0.hasLeft } })
    return (waiters + hasty).map { $0.result } + victims.map(\.result)
      + last.flatMap { (try? $0.result.get()) ?? [] }
  }

  /// Waits until all are through, and frees those who are left over for a phase that nobody will complete.
  private func settle(all: Int, left: () -> Int, areEventsOver: () -> Bool) {
    eventually {
      let gone = left()
      if gone == all { return true }
      if areEventsOver(), gone + barrier.waitingCount == all { barrier.abort(Fault("left over")) }
      return false
    }
  }
}
