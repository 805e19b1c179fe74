import Synchronization

/// A ``BarrierState`` that many threads change at once: the word that decides.
///
/// Every change is an atomic read-modify-write that releases, by a thread that acquired the value it
/// replaces. So each change happens after all those before it in the word's order. A party that sees its
/// generation over also sees everything before the change that ended it: the other parties' arrivals, and the
/// action. Other atomics are ordered with this word only by release and acquire. No decision needs a store to
/// one atomic ordered before a load of another, so nothing stronger is needed.
struct AtomicBarrierState: ~Copyable, Sendable {
  private let bits: Atomic<UInt64>

  init(_ state: BarrierState) {
    bits = Atomic(state.bits)
  }

  /// The current state, and everything that happened before it.
  func load() -> BarrierState {
    BarrierState(bits: bits.load(ordering: .acquiring))
  }

  /// Arrives, and returns the state that the arrival found.
  func arrive() -> BarrierState {
    BarrierState(bits: bits.wrappingAdd(BarrierState.oneArrival, ordering: .acquiringAndReleasing).oldValue)
  }

  /// Makes a transition, and returns the state that it replaced, or `nil` if the rules did not allow it.
  @discardableResult
  func update(_ transition: (BarrierState) -> BarrierState?) -> BarrierState? {
    var current = load()
    while let next = transition(current) {
      // Without a write, the second waiter takes the cache line from no other thread.
      if next == current { return current }
      // Releasing is enough: the load or the failed exchange that saw `current` acquired it.
      let (exchanged, original) = bits.weakCompareExchange(
        expected: current.bits, desired: next.bits, successOrdering: .releasing, failureOrdering: .acquiring
      )
      if exchanged { return current }
      current = BarrierState(bits: original)
    }
    return nil
  }
}

/// The 64-bit numbers of phases, restored from the 38 bits that fit into ``BarrierState``.
///
/// A barrier of two parties may complete twenty million phases a second. It would run through 38 bits in four
/// hours, and a phase's number is used once. So a reference number is kept that is never far from the current
/// phase. A generation stands for the number nearest to the reference that has it as its lower bits.
///
/// A thread that sees a number 2³⁶ beyond the reference advances the reference. To get a wrong number, a
/// thread would have to stall between two instructions while the others went through another 2³⁶ phases.
struct PhaseNumbers: ~Copyable, Sendable {
  private let reference: Atomic<UInt64>

  private static let step: Int64 = 1 << 36

  init(first: UInt64) {
    reference = Atomic(first)
  }

  /// The number of the phase whose generation was just seen.
  func number(of generation: UInt64) -> UInt64 {
    // Relaxed: an old reference serves as well as a new one.
    let reference = reference.load(ordering: .relaxed)
    let unused = UInt64.bitWidth - BarrierState.generationBits
    let distance = Int64(bitPattern: (generation &- reference) << unused) >> unused
    let number = reference &+ UInt64(bitPattern: distance)
    // A late store may set it back. The next thread to see the distance corrects that.
    if distance >= Self.step { self.reference.store(number, ordering: .relaxed) }
    return number
  }
}
