import Synchronization

/// The 64-bit numbers of phases, from the 38 bits that fit into ``BarrierState``.
///
/// A barrier of two parties may complete twenty million phases a second: it would run through 38 bits in four
/// hours, and a phase's number is used once. So a reference number is kept that is never far from the current
/// phase, and a generation stands for that number nearest to the reference of which it is the lower part.
///
/// Whoever sees a number 2³⁶ beyond the reference moves the reference up. To be misled, a thread would have to
/// stand still between two instructions while the others went through another 2³⁶ phases.
struct PhaseNumbers: ~Copyable, Sendable {
  private let reference: Atomic<UInt64>

  private static let step: Int64 = 1 << 36

  init(first: UInt64) {
    reference = Atomic(first)
  }

  /// The number of the phase whose generation was just seen.
  func number(of generation: UInt64) -> UInt64 {
    // Relaxed: an old reference is as good as a new one.
    let reference = reference.load(ordering: .relaxed)
    let unused = UInt64.bitWidth - BarrierState.generationBits
    let distance = Int64(bitPattern: (generation &- reference) << unused) >> unused
    let number = reference &+ UInt64(bitPattern: distance)
    // A late store may set it back; the next to look puts that right.
    if distance >= Self.step { self.reference.store(number, ordering: .relaxed) }
    return number
  }
}
