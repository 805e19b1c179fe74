/// One arrival, and the phase in which it was counted.
struct ArrivalToken: Sendable {
  let phase: UInt64
  // Half a word, for a suspended task keeps it.
  private let place: Int32

  init(index: Int, phase: UInt64) {
    self.phase = phase
    place = Int32(index)
  }

  /// How many had arrived before. From the number of parties on, the token is surplus.
  var index: Int { Int(place) }

  var generation: UInt64 { BarrierState(opening: phase).generation }

  func arrival(isLast: Bool) -> Arrival {
    Arrival(index: index, phase: phase, isLast: isLast)
  }
}
