import Testing

@testable import Barriers

/// A thread, task or work item of a test that takes part in a barrier, and reports how it left.
protocol Participant<Value>: Sendable {
  associatedtype Value: Sendable
  var result: Result<Value, any Error> { get }
  var hasLeft: Bool { get }
  func waitUntilAsleep(sourceLocation: SourceLocation)
}

extension Participant {
  func waitUntilAsleep(at sourceLocation: SourceLocation = #_sourceLocation) {
    waitUntilAsleep(sourceLocation: sourceLocation)
  }
}

extension ThreadParticipant: Participant {}
extension TaskParticipant: Participant {}
extension WorkItemParticipant: Participant {}

/// Which of the barrier's wait functions a participant calls.
enum Wait: Sendable {
  case defaultTimeout
  case timeout(Duration)
  case until(ContinuousClock.Instant)

  func callAsFunction(at barrier: ThreadBarrier) throws -> Arrival {
    switch self {
    case .defaultTimeout: try barrier.wait()
    case .timeout(let timeout): try barrier.wait(timeout: timeout)
    case .until(let deadline): try barrier.wait(until: deadline)
    }
  }

  nonisolated(nonsending) func callAsFunction(at barrier: AsyncBarrier) async throws -> Arrival {
    switch self {
    case .defaultTimeout: try await barrier.wait()
    case .timeout(let timeout): try await barrier.wait(timeout: timeout)
    case .until(let deadline): try await barrier.wait(until: deadline)
    }
  }
}

/// What can be a party of a barrier.
enum ParticipantKind: CaseIterable, Sendable {
  case thread, task, workItem

  /// Starts a participant that waits once.
  func participant(
    _ name: String = "participant", at barrier: ThreadBarrier, _ wait: Wait = .defaultTimeout,
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

  /// Starts a participant that waits repeatedly. Before each wait it calls `next`, on its own thread or
  /// task, with the outcomes so far; it leaves when `next` returns `nil`.
  func repeatingParticipant(
    _ name: String = "participant", at barrier: ThreadBarrier,
    sourceLocation: SourceLocation = #_sourceLocation,
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

/// Which kinds of participants a test uses that runs in its own process.
enum ParticipantMix: String, CaseIterable, Codable, Sendable {
  case threads, tasks, mixed

  /// The kind of the participant with this index.
  func kind(of index: Int) -> ParticipantKind {
    switch self {
    case .threads: .thread
    case .tasks: .task
    case .mixed: ParticipantKind.allCases[index % ParticipantKind.allCases.count]
    }
  }

  func kinds(_ count: Int) -> [ParticipantKind] { (0..<count).map(kind) }
}
