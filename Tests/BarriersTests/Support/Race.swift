import Foundation
import Testing

@testable import Barriers

/// Something that ends a phase, or would.
enum Event: CaseIterable, Sendable {
  case lastArrival, failedAction, timeout, abort, reset

  /// Each with each, itself included.
  static let pairs: [[Event]] = allCases.indices.flatMap { index in
    allCases[index...].map { [allCases[index], $0] }
  }
}

/// Two events in the same instant, at a barrier of four parties.
///
/// The barrier lacks one arrival when they happen: of two last arrivals, one is surplus. A party whose time is over
/// in that instant has arrived before. Whoever still waits when both events are past is freed by an abort.
///
/// `@unchecked Sendable`: `instant` is written before the race is shown to its threads.
final class Race: @unchecked Sendable {
  static let parties = 4
  /// Threads that take part: some wait, two cause an event each.
  static let crew = parties - 1 + 2

  private let events: [Event]
  private let barrier: ThreadBarrier
  private let waiters: Int
  private let outcomes = Notes<Outcome>()
  private let calls = Counter()  // of `abort` and `reset`, that have returned
  private let timeouts = Counter()  // calls with a timeout, that have returned
  private var instant = ContinuousClock.now

  init(_ events: [Event], strategy: WaitStrategy) {
    self.events = events
    waiters = Self.parties - 1 - events.count { $0 == .timeout }
    let fails = events.contains(.failedAction)
    barrier = ThreadBarrier(parties: Self.parties, strategy: strategy) { phase in
      if fails { throw Fault("action of phase \(phase)") }
    }
  }

  /// The events happen after `delay`.
  func prepare(delay: Duration) {
    instant = .now + delay
  }

  /// What the thread with this index does in the race. The first two cause the events.
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

  /// Waits until all are through; answers with how they left.
  func settle() -> [Outcome] {
    let callers = events.count { $0 == .abort || $0 == .reset }
    let timed = events.count { $0 == .timeout }
    let all = waiters + events.count - callers
    eventually {
      let left = outcomes.all.count
      if left == all { return calls.now == callers }
      // Some may be left over, for a phase that nobody will complete: but only when all else is past.
      if calls.now == callers, timeouts.now == timed, left + barrier.waitingCount == all {
        barrier.abort(Fault("left over"))
      }
      return false
    }
    return outcomes.all
  }
}
