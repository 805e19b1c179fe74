import Testing

@testable import Barriers

/// A party of any kind.
protocol Participant<Value>: Sendable {
  associatedtype Value: Sendable
  var result: Result<Value, any Error> { get }
  var hasLeft: Bool { get }
  func fallsAsleep(sourceLocation: SourceLocation)
}

extension Participant {
  func fallsAsleep(at sourceLocation: SourceLocation = #_sourceLocation) {
    fallsAsleep(sourceLocation: sourceLocation)
  }
}

extension ThreadParticipant: Participant {}
extension TaskParticipant: Participant {}
extension WorkItemParticipant: Participant {}

/// How long a guest is willing to wait.
enum Wait: Sendable {
  case own
  case timeout(Duration)
  case until(ContinuousClock.Instant)

  func callAsFunction(at barrier: ThreadBarrier) throws -> Arrival {
    switch self {
    case .own: try barrier.wait()
    case .timeout(let timeout): try barrier.wait(timeout: timeout)
    case .until(let deadline): try barrier.wait(until: deadline)
    }
  }

  nonisolated(nonsending) func callAsFunction(at barrier: AsyncBarrier) async throws -> Arrival {
    switch self {
    case .own: try await barrier.wait()
    case .timeout(let timeout): try await barrier.wait(timeout: timeout)
    case .until(let deadline): try await barrier.wait(until: deadline)
    }
  }
}

/// What may be a party of a barrier.
enum Kind: CaseIterable, Sendable {
  case thread, task, workItem

  /// One that waits once.
  func participant(
    _ name: String = "guest", at barrier: ThreadBarrier, _ wait: Wait = .own,
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> any Participant<Arrival> {
    switch self {
    case .thread:
      ThreadParticipant(name, at: barrier, sourceLocation: sourceLocation) { try wait(at: barrier) }
    case .task:
      TaskParticipant(name, at: barrier, sourceLocation: sourceLocation) {
        try await wait(at: AsyncBarrier(sharing: barrier))
      }
    case .workItem:
      WorkItemParticipant(name, at: barrier, sourceLocation: sourceLocation) { try wait(at: barrier) }
    }
  }

  /// One that waits again and again. `next` is asked before each time, in the guest's own thread or task: how long
  /// now, after all that came of it so far? With `nil` the guest leaves.
  func regular(
    _ name: String = "regular", at barrier: ThreadBarrier, sourceLocation: SourceLocation = #_sourceLocation,
    _ next: @escaping @Sendable (_ soFar: [Outcome]) -> Wait?
  ) -> any Participant<[Outcome]> {
    let blocking: @Sendable () -> [Outcome] = {
      var outcomes: [Outcome] = []
      while let wait = next(outcomes) { outcomes.append(Outcome { try wait(at: barrier) }) }
      return outcomes
    }
    switch self {
    case .thread: return ThreadParticipant(name, at: barrier, sourceLocation: sourceLocation, blocking)
    case .workItem: return WorkItemParticipant(name, at: barrier, sourceLocation: sourceLocation, blocking)
    case .task:
      return TaskParticipant(name, at: barrier, sourceLocation: sourceLocation) {
        var outcomes: [Outcome] = []
        while let wait = next(outcomes) {
          do {
            outcomes.append(.success(try await wait(at: AsyncBarrier(sharing: barrier))))
          } catch {
            outcomes.append(.failure(error))
          }
        }
        return outcomes
      }
    }
  }
}

/// Who meets at a barrier, in the order of arrival.
struct Mixture: Sendable, CustomTestStringConvertible {
  let kinds: [Kind]
  let testDescription: String

  init(_ description: String, _ kinds: Kind...) {
    (self.kinds, testDescription) = (kinds, description)
  }

  static let all = [
    Mixture("threads", .thread, .thread, .thread),
    Mixture("tasks", .task, .task, .task),
    Mixture("work items", .workItem, .workItem, .workItem),
    Mixture("3 threads, then 5 tasks", .thread, .thread, .thread, .task, .task, .task, .task, .task),
    Mixture("5 tasks, then 3 threads", .task, .task, .task, .task, .task, .thread, .thread, .thread),
    Mixture("all kinds, a task last", .thread, .workItem, .task, .workItem, .thread, .task),
    Mixture("all kinds, a work item last", .task, .thread, .task, .workItem),
  ]

  var count: Int { kinds.count }

  /// All but the last come, one after the other, and fall asleep.
  func early(
    at barrier: ThreadBarrier, _ wait: Wait = .own, sourceLocation: SourceLocation = #_sourceLocation
  ) -> [any Participant<Arrival>] {
    kinds.dropLast().enumerated().map { index, kind in
      let guest = kind.participant("early \(index)", at: barrier, wait, sourceLocation: sourceLocation)
      eventually(sourceLocation: sourceLocation) { barrier.waitingCount == index + 1 || barrier.isBroken }
      guest.fallsAsleep(sourceLocation: sourceLocation)
      return guest
    }
  }

  /// The last one comes.
  func last(
    at barrier: ThreadBarrier, _ wait: Wait = .own, sourceLocation: SourceLocation = #_sourceLocation
  ) -> any Participant<Arrival> {
    kinds.last!.participant("last", at: barrier, wait, sourceLocation: sourceLocation)
  }
}

extension ThreadBarrier {
  /// How many calls have been counted in the current phase, surplus callers too.
  var callers: Int { core.word.load().arrived }
}

/// Checks that the phase completes with each of the mixture at its place.
func expectMeeting(
  of mixture: Mixture, at barrier: ThreadBarrier, phase: UInt64,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let early = mixture.early(at: barrier, sourceLocation: sourceLocation)
  let guests = early + [mixture.last(at: barrier, sourceLocation: sourceLocation)]
  for (index, guest) in guests.enumerated() {
    expect(guest.result, completed: phase, index: index, of: barrier, sourceLocation: sourceLocation)
  }
}

/// Checks what a barrier says of itself when it is broken, and that it refuses whoever comes, of any kind.
func expectBrokenForAll(
  _ barrier: ThreadBarrier, by breakage: Cause, sourceLocation: SourceLocation = #_sourceLocation
) {
  expectBroken(barrier, by: breakage, sourceLocation: sourceLocation)
  for kind in Kind.allCases {
    for wait in [Wait.own, .timeout(.zero), .until(.now + .seconds(3600))] {
      let later = kind.participant("later", at: barrier, wait, sourceLocation: sourceLocation)
      expect(later.result, brokenBy: breakage, at: barrier, sourceLocation: sourceLocation)
    }
  }
  #expect(barrier.waitingCount == 0, sourceLocation: sourceLocation)
}
