import Testing

@testable import Barriers

/// The kinds of a barrier's parties, in the order in which they arrive.
struct ArrivalOrder: Sendable, CustomTestStringConvertible {
  let kinds: [ParticipantKind]
  let testDescription: String

  init(_ description: String, _ kinds: ParticipantKind...) {
    (self.kinds, testDescription) = (kinds, description)
  }

  static let all = [
    ArrivalOrder("threads", .thread, .thread, .thread),
    ArrivalOrder("tasks", .task, .task, .task),
    ArrivalOrder("work items", .workItem, .workItem, .workItem),
    ArrivalOrder("3 threads, then 5 tasks", .thread, .thread, .thread, .task, .task, .task, .task, .task),
    ArrivalOrder("5 tasks, then 3 threads", .task, .task, .task, .task, .task, .thread, .thread, .thread),
    ArrivalOrder("all kinds, a task last", .thread, .workItem, .task, .workItem, .thread, .task),
    ArrivalOrder("all kinds, a work item last", .task, .thread, .task, .workItem),
  ]

  var count: Int { kinds.count }

  /// Starts all but the last, each after the one before has arrived and fallen asleep.
  func startAllButLast(
    at barrier: ThreadBarrier, _ wait: Wait = .defaultTimeout,
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> [any Participant<Arrival>] {
    kinds.dropLast().enumerated().map { index, kind in
      let participant = kind.participant("early \(index)", at: barrier, wait, sourceLocation: sourceLocation)
      eventually(sourceLocation: sourceLocation) { barrier.waitingCount == index + 1 || barrier.isBroken }
      participant.waitUntilAsleep(sourceLocation: sourceLocation)
      return participant
    }
  }

  /// Starts the last arrival.
  func startLast(
    at barrier: ThreadBarrier, _ wait: Wait = .defaultTimeout,
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> any Participant<Arrival> {
    kinds.last!.participant("last", at: barrier, wait, sourceLocation: sourceLocation)
  }
}

extension ThreadBarrier {
  /// How many calls have been counted in the current phase, including surplus callers.
  var callers: Int { core.word.load().arrived }
}

/// Checks that the phase completes, and that each party's index is its place in `order`.
func expectArrivals(
  of order: ArrivalOrder, at barrier: ThreadBarrier, phase: UInt64,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let early = order.startAllButLast(at: barrier, sourceLocation: sourceLocation)
  let participants = early + [order.startLast(at: barrier, sourceLocation: sourceLocation)]
  for (index, participant) in participants.enumerated() {
    expect(participant.result, completed: phase, index: index, of: barrier, sourceLocation: sourceLocation)
  }
}

/// Checks the properties of a broken barrier, and that it refuses participants of every kind.
func expectBrokenForAll(
  _ barrier: ThreadBarrier, by cause: Cause, sourceLocation: SourceLocation = #_sourceLocation
) {
  expectBroken(barrier, by: cause, sourceLocation: sourceLocation)
  for kind in ParticipantKind.allCases {
    for wait in [Wait.defaultTimeout, .timeout(.zero), .until(.now + .seconds(3600))] {
      let later = kind.participant("later", at: barrier, wait, sourceLocation: sourceLocation)
      expect(later.result, brokenBy: cause, at: barrier, sourceLocation: sourceLocation)
    }
  }
  #expect(barrier.waitingCount == 0, sourceLocation: sourceLocation)
}
