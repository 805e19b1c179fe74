import Testing

@testable import Barriers

/// Two events at the same instant, at a barrier of four parties, some of them tasks.
///
/// The counterpart of ``Race``, with cancellation as a further event. One arrival is missing when the
/// events happen: of two last arrivals, one is surplus. A party that times out or is cancelled at that
/// instant has arrived before, or is about to. An abort frees parties that still wait after both events.
final class MixedRace: Sendable {
  enum Event: CaseIterable, Sendable {
    case lastArrival, failedAction, timeout, abort, reset, cancellation

    /// All unordered pairs, including each event with itself.
    static let pairs: [[Event]] = allCases.indices.flatMap { index in
      allCases[index...].map { [allCases[index], $0] }
    }

    /// Whether a waiting party causes the event.
    var isCausedByWaiter: Bool { self == .timeout || self == .cancellation }
  }

  /// Which parties are tasks, and which are threads. A party to be cancelled is always a task.
  enum Mix: CaseIterable, Sendable {
    case tasks, tasksWaitForThreads, threadsWaitForTasks

    var waiter: ParticipantKind { self == .threadsWaitForTasks ? .thread : .task }
    var actor: ParticipantKind { self == .tasksWaitForThreads ? .thread : .task }
  }

  static let parties = 4

  private let barrier: ThreadBarrier
  private let events: [Event]
  private let mix: Mix

  init(_ events: [Event], mix: Mix) {
    (self.events, self.mix) = (events, mix)
    let fails = events.contains(.failedAction)
    barrier = ThreadBarrier(parties: Self.parties) { phase in
      if fails { throw Fault("action of phase \(phase)") }
    }
  }

  /// Runs the race, with the events after `delay`; returns all outcomes.
  func run(delay: Duration) -> [Outcome] {
    let instant = ContinuousClock.now + delay
    let waiters = (0..<(Self.parties - 1 - events.count { $0.isCausedByWaiter })).map { _ in
      mix.waiter.participant("waiter", at: barrier)
    }
    let timedWaiters = events.filter { $0 == .timeout }.map { _ in
      mix.actor.participant("timed waiter", at: barrier, .until(instant))
    }
    let cancelledTasks = events.filter { $0 == .cancellation }.map { [barrier] _ in
      TaskParticipant("task", at: barrier) { try await AsyncBarrier(sharing: barrier).wait() }
    }
    let callers = events.filter { $0 == .abort || $0 == .reset }.map { [barrier] event in
      ThreadParticipant("\(event)", at: barrier) {
        while ContinuousClock.now < instant {}
        if event == .abort { barrier.abort(Fault("abort")) } else { barrier.reset() }
      }
    }
    let cancelers = cancelledTasks.map { task in
      ThreadParticipant("canceler", at: barrier) {
        while ContinuousClock.now < instant {}
        task.cancel()
      }
    }
    let lastArrivals = events.filter { $0 == .lastArrival || $0 == .failedAction }.map { [barrier] _ in
      mix.actor.repeatingParticipant("last", at: barrier) { soFar in
        guard soFar.isEmpty else { return nil }
        while ContinuousClock.now < instant {}
        return .defaultTimeout
      }
    }
    for caller in callers + cancelers { _ = caller.result }
    waitUntilAllHaveLeft(
      all: waiters.count + timedWaiters.count + cancelledTasks.count + lastArrivals.count,
      left: {
        (waiters + timedWaiters).count { $0.hasLeft } + cancelledTasks.count { $0.hasLeft }
          + lastArrivals.count { $0.hasLeft }
      },
      areEventsOver: { timedWaiters.allSatisfy { $0.hasLeft } && cancelledTasks.allSatisfy { $0.hasLeft } })
    return (waiters + timedWaiters).map { $0.result } + cancelledTasks.map(\.result)
      + lastArrivals.flatMap { (try? $0.result.get()) ?? [] }
  }

  /// Waits until all have left, and frees the parties that wait for a phase that cannot complete.
  private func waitUntilAllHaveLeft(all: Int, left: () -> Int, areEventsOver: () -> Bool) {
    eventually {
      let leftCount = left()
      if leftCount == all { return true }
      if areEventsOver(), leftCount + barrier.waitingCount == all { barrier.abort(Fault("left over")) }
      return false
    }
  }
}
