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

/// An error of the tests' own.
struct Fault: Error, Equatable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// What all parties of a broken phase must be told.
struct Cause {
  let reason: BrokenBarrierError.Reason
  let fault: Fault?
  let phase: UInt64
  let arrived: Int

  init(_ reason: BrokenBarrierError.Reason, by fault: Fault? = nil, phase: UInt64 = 0, arrived: Int) {
    (self.reason, self.fault, self.phase, self.arrived) = (reason, fault, phase, arrived)
  }
}

/// Checks every field of the error that a party left with.
func expect(
  _ outcome: Outcome, brokenBy breakage: Cause, at barrier: ThreadBarrier, isOrigin: Bool = false,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard let error = outcome.barrierError else {
    Issue.record("It left otherwise: \(outcome)", sourceLocation: sourceLocation)
    return
  }
  #expect(error.reason == breakage.reason, sourceLocation: sourceLocation)
  #expect(error.underlyingError as? Fault == breakage.fault, sourceLocation: sourceLocation)
  #expect((error.underlyingError == nil) == (breakage.fault == nil), sourceLocation: sourceLocation)
  #expect(error.phase == breakage.phase, sourceLocation: sourceLocation)
  #expect(error.arrived == breakage.arrived, sourceLocation: sourceLocation)
  #expect(error.parties == barrier.parties, sourceLocation: sourceLocation)
  #expect(error.label == barrier.label, sourceLocation: sourceLocation)
  #expect(error.isOrigin == isOrigin, sourceLocation: sourceLocation)
}

/// Checks that the party returned, from which phase, and at which place if one is given.
func expect(
  _ outcome: Outcome, completed phase: UInt64, index: Int? = nil, of barrier: ThreadBarrier,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard let arrival = outcome.arrival else {
    Issue.record("It did not return: \(outcome)", sourceLocation: sourceLocation)
    return
  }
  #expect(arrival.phase == phase, sourceLocation: sourceLocation)
  #expect((0..<barrier.parties).contains(arrival.index), sourceLocation: sourceLocation)
  #expect(arrival.isLast == (arrival.index == barrier.parties - 1), sourceLocation: sourceLocation)
  if let index { #expect(arrival.index == index, sourceLocation: sourceLocation) }
}

/// Checks what a barrier says of itself when it is broken: it refuses the next party, too.
func expectBroken(
  _ barrier: ThreadBarrier, by breakage: Cause, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(barrier.isBroken, sourceLocation: sourceLocation)
  #expect(barrier.waitingCount == 0, sourceLocation: sourceLocation)
  #expect(barrier.phase == breakage.phase + 1, sourceLocation: sourceLocation)
  let later = ThreadParticipant("later", at: barrier, sourceLocation: sourceLocation) { try barrier.wait() }
  expect(later.result, brokenBy: breakage, at: barrier, sourceLocation: sourceLocation)
  #expect(barrier.waitingCount == 0, sourceLocation: sourceLocation)
}

/// Checks what a barrier says of itself when nobody is there and all is well; then that it works.
func expectFresh(
  _ barrier: ThreadBarrier, phase: UInt64, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(!barrier.isBroken, sourceLocation: sourceLocation)
  #expect(barrier.waitingCount == 0, sourceLocation: sourceLocation)
  #expect(barrier.phase == phase, sourceLocation: sourceLocation)
  let outcomes = crew(of: barrier.parties, at: barrier, sourceLocation: sourceLocation) { _ in
    try barrier.wait()
  }
  let places = outcomes.compactMap(\.arrival)
  #expect(Set(places.map(\.index)) == Set(0..<barrier.parties), sourceLocation: sourceLocation)
  #expect(places.allSatisfy { $0.phase == phase }, sourceLocation: sourceLocation)
}
