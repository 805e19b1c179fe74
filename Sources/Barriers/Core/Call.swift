/// One arrival, and the phase in which it was counted.
struct Call: Sendable {
  /// How many had arrived before. From the number of parties on, the call is surplus.
  let index: Int
  let phase: UInt64

  var generation: UInt64 { BarrierState(opening: phase).generation }

  func arrival(isLast: Bool) -> Arrival {
    Arrival(index: index, phase: phase, isLast: isLast)
  }
}
