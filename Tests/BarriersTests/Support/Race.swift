import Foundation
import Testing

@testable import Barriers

/// An event that may end a phase.
enum Event: CaseIterable, Sendable {
  case lastArrival, failedAction, timeout, abort, reset

  /// All unordered pairs, including each event with itself.
  static let pairs: [[Event]] = allCases.indices.flatMap { index in
    allCases[index...].map { [allCases[index], $0] }
  }
}

/// Two events at the same instant, at a barrier of four parties.
///
/// One arrival is missing when the events happen: of two last arrivals, one is surplus. A party that times
/// out at that instant has arrived before. An abort frees the parties that still wait after both events.
///
/// `@unchecked Sendable`: `instant` is written before the threads see the race.
final class Race: @unchecked Sendable {
  static let parties = 4
  /// Threads that take part: some wait, and two cause one event each.
  static let threads = parties - 1 + 2

  private let events: [Event]
  private let barrier: ThreadBarrier
  private let waiters: Int
  private let outcomes = SharedLog<Outcome>()
  private let calls = Counter()  // calls of `abort` and `reset` that have returned
  private let timeouts = Counter()  // timed waits that have returned
  private var instant = ContinuousClock.now

  init(_ events: [Event], strategy: WaitStrategy) {
    self.events = events
    waiters = Self.parties - 1 - events.count { $0 == .timeout }
    let fails = events.contains(.failedAction)
    barrier = ThreadBarrier(parties: Self.parties, strategy: strategy) { phase in
      if fails { throw Fault("action of phase \(phase)") }
    }
  }

  /// Schedules the events after `delay`.
  func prepare(delay: Duration) {
    instant = .now + delay
  }

  /// Does the part of the thread with this index. The first two threads cause the events.
  func takePart(_ index: Int) {
    if index < 2 {
      cause(events[index])
    } else if index - 2 < waiters {
      outcomes.add(Outcome { try barrier.wait() })
    }
  }

  private func cause(_ event: Event) {
    if event == .timeout {
      outcomes.add(Outcome { try barrier.wait(until: instant) })
      timeouts.add()
      return
    }
    while ContinuousClock.now < instant {}
    switch event {
    case .lastArrival, .failedAction: outcomes.add(Outcome { try barrier.wait() })
    case .abort:
      barrier.abort(Fault("abort"))
      calls.add()
    case .reset:
      barrier.reset()
      calls.add()
    case .timeout: break
    }
  }

  /// Waits until all threads have left, and returns their outcomes.
  func waitForOutcomes() -> [Outcome] {
    let callers = events.count { $0 == .abort || $0 == .reset }
    let timed = events.count { $0 == .timeout }
    let all = waiters + events.count - callers
    eventually {
      let left = outcomes.all.count
      if left == all { return calls.now == callers }
      // Once both events are over, the remaining parties wait for a phase that cannot complete.
      if calls.now == callers, timeouts.now == timed, left + barrier.waitingCount == all {
        barrier.abort(Fault("left over"))
      }
      return false
    }
    return outcomes.all
  }
}
