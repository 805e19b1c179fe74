import Testing

@testable import Barriers

/// How a party left a barrier.
typealias Outcome = Result<Arrival, any Error>

extension Result where Success == Arrival {
  /// The arrival; `nil` if the party threw.
  var arrival: Arrival? { try? get() }

  /// The error of a broken phase; `nil` if the party returned or threw something else.
  var barrierError: BrokenBarrierError? {
    if case .failure(let error as BrokenBarrierError) = self { error } else { nil }
  }
}

/// An error that only tests throw.
struct Fault: Error, Equatable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// What the errors of all parties of a broken phase must say.
struct Cause {
  let reason: BrokenBarrierError.Reason
  let fault: Fault?
  let phase: UInt64
  let arrived: Int

  init(_ reason: BrokenBarrierError.Reason, by fault: Fault? = nil, phase: UInt64 = 0, arrived: Int) {
    (self.reason, self.fault, self.phase, self.arrived) = (reason, fault, phase, arrived)
  }
}

/// Checks every field of the error that a party threw.
func expect(
  _ outcome: Outcome, brokenBy cause: Cause, at barrier: ThreadBarrier, isOrigin: Bool = false,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard let error = outcome.barrierError else {
    Issue.record("Expected BrokenBarrierError, got \(outcome)", sourceLocation: sourceLocation)
    return
  }
  #expect(error.reason == cause.reason, sourceLocation: sourceLocation)
  #expect(error.underlyingError as? Fault == cause.fault, sourceLocation: sourceLocation)
  #expect((error.underlyingError == nil) == (cause.fault == nil), sourceLocation: sourceLocation)
  #expect(error.phase == cause.phase, sourceLocation: sourceLocation)
  #expect(error.arrived == cause.arrived, sourceLocation: sourceLocation)
  #expect(error.parties == barrier.parties, sourceLocation: sourceLocation)
  #expect(error.label == barrier.label, sourceLocation: sourceLocation)
  #expect(error.isOrigin == isOrigin, sourceLocation: sourceLocation)
}

/// Checks that the party returned from this phase, with this index if one is given.
func expect(
  _ outcome: Outcome, completed phase: UInt64, index: Int? = nil, of barrier: ThreadBarrier,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard let arrival = outcome.arrival else {
    Issue.record("Expected an arrival, got \(outcome)", sourceLocation: sourceLocation)
    return
  }
  #expect(arrival.phase == phase, sourceLocation: sourceLocation)
  #expect((0..<barrier.parties).contains(arrival.index), sourceLocation: sourceLocation)
  #expect(arrival.isLast == (arrival.index == barrier.parties - 1), sourceLocation: sourceLocation)
  if let index { #expect(arrival.index == index, sourceLocation: sourceLocation) }
}

/// Checks the properties of a broken barrier, and that it refuses the next party.
func expectBroken(
  _ barrier: ThreadBarrier, by cause: Cause, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(barrier.isBroken, sourceLocation: sourceLocation)
  #expect(barrier.waitingCount == 0, sourceLocation: sourceLocation)
  #expect(barrier.phase == cause.phase + 1, sourceLocation: sourceLocation)
  let later = ThreadParticipant("later", at: barrier, sourceLocation: sourceLocation) { try barrier.wait() }
  expect(later.result, brokenBy: cause, at: barrier, sourceLocation: sourceLocation)
  #expect(barrier.waitingCount == 0, sourceLocation: sourceLocation)
}

/// Checks the properties of an idle barrier, then that a phase completes.
func expectFresh(
  _ barrier: ThreadBarrier, phase: UInt64, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(!barrier.isBroken, sourceLocation: sourceLocation)
  #expect(barrier.waitingCount == 0, sourceLocation: sourceLocation)
  #expect(barrier.phase == phase, sourceLocation: sourceLocation)
  let outcomes = onThreads(barrier.parties, at: barrier, sourceLocation: sourceLocation) { _ in
    try barrier.wait()
  }
  let arrivals = outcomes.compactMap(\.arrival)
  #expect(Set(arrivals.map(\.index)) == Set(0..<barrier.parties), sourceLocation: sourceLocation)
  #expect(arrivals.allSatisfy { $0.phase == phase }, sourceLocation: sourceLocation)
}
