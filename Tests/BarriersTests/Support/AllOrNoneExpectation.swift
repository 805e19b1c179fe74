import Testing

@testable import Barriers

/// Checks rules 1, 3 and 4 on the outcomes of all calls at a barrier.
///
/// In each phase, either exactly `parties` calls returned, with each index once and one last arrival; or all
/// calls threw the same error, and at most one of them is its origin. Never some of each.
///
/// `CancellationError` does not say in which phase the task was. So a phase that a cancellation broke may
/// lack as many outcomes as tasks were cancelled.
func expectAllOrNone(
  _ outcomes: [Outcome], parties: Int, sourceLocation: SourceLocation = #_sourceLocation
) {
  for violation in violations(in: outcomes, parties: parties) {
    Issue.record(Comment(rawValue: violation), sourceLocation: sourceLocation)
  }
}

/// Describes each violation of those rules.
func violations(in outcomes: [Outcome], parties: Int) -> [String] {
  var found: [String] = []
  var arrivals: [UInt64: [Arrival]] = [:]
  var errors: [UInt64: [BrokenBarrierError]] = [:]
  var cancelled = 0
  for outcome in outcomes {
    switch outcome {
    case .success(let arrival): arrivals[arrival.phase, default: []].append(arrival)
    case .failure(let error as BrokenBarrierError): errors[error.phase, default: []].append(error)
    case .failure(is CancellationError): cancelled += 1
    case .failure(let error): found.append("Unexpected error: \(error)")
    }
  }
  for (phase, arrivals) in arrivals {
    if errors[phase] != nil { found.append("Phase \(phase) completed, and broke: \(arrivals), \(errors)") }
    let hasEachIndexOnce =
      arrivals.map(\.index).sorted() == Array(0..<parties)
      && arrivals.allSatisfy { $0.isLast == ($0.index == parties - 1) }
    if !hasEachIndexOnce { found.append("Phase \(phase) did not have each index once: \(arrivals)") }
  }
  for (phase, errors) in errors {
    let first = errors[0]
    if !errors.allSatisfy({ $0.isSame(as: first) }) {
      found.append("Phase \(phase) broke in two ways: \(errors)")
    }
    let missing = first.reason == .cancelled ? cancelled : 0
    if !(first.arrived...).contains(errors.count + missing) || !(0...parties).contains(first.arrived) {
      found.append("Not every arrival of phase \(phase) threw: \(errors)")
    }
    let origins = errors.count { $0.isOrigin }
    let hasOrigin = first.reason == .timedOut || first.reason == .actionFailed
    if origins != (hasOrigin ? 1 : 0) { found.append("Phase \(phase) has \(origins) origins: \(errors)") }
  }
  return found
}

extension BrokenBarrierError {
  /// Whether this is the same error, apart from ``isOrigin``.
  fileprivate func isSame(as other: BrokenBarrierError) -> Bool {
    reason == other.reason && phase == other.phase && arrived == other.arrived && parties == other.parties
      && label == other.label && underlyingError as? Fault == other.underlyingError as? Fault
  }
}
