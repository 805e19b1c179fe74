import Testing

@testable import Barriers

/// Checks rules 1, 3 and 4 on everything that happened at a barrier: all outcomes of all calls.
///
/// Of each phase, either exactly `parties` calls returned, with all places and one last; or all calls threw the
/// same error, in at most one of them marked as its origin. Never some of each.
///
/// A cancelled task does not tell in which phase it was: so in a phase that a cancellation broke, as many others may
/// be missing as there were cancelled tasks.
func expectAllOrNone(
  _ outcomes: [Outcome], parties: Int, sourceLocation: SourceLocation = #_sourceLocation
) {
  for contradiction in contradictions(in: outcomes, parties: parties) {
    Issue.record(Comment(rawValue: contradiction), sourceLocation: sourceLocation)
  }
}

/// What breaks those rules, in words.
func contradictions(in outcomes: [Outcome], parties: Int) -> [String] {
  var found: [String] = []
  var arrivals: [UInt64: [Arrival]] = [:]
  var errors: [UInt64: [BrokenBarrierError]] = [:]
  var cancelled = 0
  for outcome in outcomes {
    switch outcome {
    case .success(let arrival): arrivals[arrival.phase, default: []].append(arrival)
    case .failure(let error as BrokenBarrierError): errors[error.phase, default: []].append(error)
    case .failure(is CancellationError): cancelled += 1
    case .failure(let error): found.append("Thrown by nobody: \(error)")
    }
  }
  for (phase, arrivals) in arrivals {
    if errors[phase] != nil { found.append("Phase \(phase) completed, and broke: \(arrivals), \(errors)") }
    let isEachPlaceTakenOnce =
      arrivals.map(\.index).sorted() == Array(0..<parties)
      && arrivals.allSatisfy { $0.isLast == ($0.index == parties - 1) }
    if !isEachPlaceTakenOnce { found.append("Phase \(phase) did not have each place once: \(arrivals)") }
  }
  for (phase, errors) in errors {
    let first = errors[0]
    if !errors.allSatisfy({ $0.isSame(as: first) }) {
      found.append("Phase \(phase) broke in two ways: \(errors)")
    }
    let missing = first.reason == .cancelled ? cancelled : 0
    if !(first.arrived...).contains(errors.count + missing) || !(0...parties).contains(first.arrived) {
      found.append("Of phase \(phase), not all who had arrived were told: \(errors)")
    }
    let origins = errors.count { $0.isOrigin }
    let hasOrigin = first.reason == .timedOut || first.reason == .actionFailed
    if origins != (hasOrigin ? 1 : 0) { found.append("Phase \(phase) has \(origins) origins: \(errors)") }
  }
  return found
}

extension BrokenBarrierError {
  /// Whether this is the same error, but for who caused it.
  fileprivate func isSame(as other: BrokenBarrierError) -> Bool {
    reason == other.reason && phase == other.phase && arrived == other.arrived && parties == other.parties
      && label == other.label && underlyingError as? Fault == other.underlyingError as? Fault
  }
}
