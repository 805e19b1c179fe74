/// A call's place in the phase in which it was counted: what C++20 calls an arrival token.
struct ArrivalToken: Sendable {
  let phase: UInt64
  // 32 bits, because each suspended task keeps a token.
  private let position: Int32

  init(index: Int, phase: UInt64) {
    self.phase = phase
    position = Int32(index)
  }

  /// How many calls had arrived before. From the number of parties on, the call is surplus.
  var index: Int { Int(position) }

  var generation: UInt64 { BarrierState(opening: phase).generation }

  func arrival(isLast: Bool) -> Arrival {
    Arrival(index: index, phase: phase, isLast: isLast)
  }
}

/// What an arrival led to.
enum ArrivalOutcome: Sendable {
  /// Arrived last: the action has run, and the phase completed.
  case completed(ArrivalToken)
  /// Waits until the phase is over. A surplus call then arrives again.
  case waiting(ArrivalToken)
  /// The phase was over, or the broken barrier reset, before the call was counted. It arrives again, unless
  /// it is a task whose own cancellation broke the phase.
  case notCounted
}
