import Synchronization

/// A ``BarrierState`` that many threads change at once: the word that decides.
///
/// Every change is an atomic read-modify-write that releases, made by someone who has acquired what it replaces. So each
/// one happens after all those before it in the word's order, and a party that sees its generation over has with it
/// everything that was done before the change that ended it: the arrivals of the others, and the action. No change of
/// this word is ordered against any other atomic, so nothing stronger is needed.
struct AtomicBarrierState: ~Copyable, Sendable {
  private let bits: Atomic<UInt64>

  init(_ state: BarrierState) {
    bits = Atomic(state.bits)
  }

  /// The state now, and all that happened before it came about.
  func load() -> BarrierState {
    BarrierState(bits: bits.load(ordering: .acquiring))
  }

  /// Arrives, and answers with the state that the arrival found.
  func arrive() -> BarrierState {
    BarrierState(bits: bits.wrappingAdd(BarrierState.oneArrival, ordering: .acquiringAndReleasing).oldValue)
  }

  /// Makes a change, and answers with the state that it replaced, or with `nil` if the rules did not allow it.
  @discardableResult
  func update(_ next: (BarrierState) -> BarrierState?) -> BarrierState? {
    var current = load()
    while let wanted = next(current) {
      // Nothing to write: the next sleeper after the first takes the line from nobody.
      if wanted == current { return current }
      // What this replaces was acquired when it was seen.
      let (exchanged, original) = bits.weakCompareExchange(
        expected: current.bits, desired: wanted.bits, successOrdering: .releasing, failureOrdering: .acquiring
      )
      if exchanged { return current }
      current = BarrierState(bits: original)
    }
    return nil
  }
}
