/// The state of a barrier: one 64-bit word, and every transition that it may take.
///
/// A pure value, without locks or threads. Each `after…` function returns the next state, or `nil` where the
/// rules do not allow that transition. ``AtomicBarrierState`` makes the transitions atomic.
///
///     bits  63 … 26      25       24        23 … 0
///          generation | broken | waiters | arrived
///
///     state      | broken | arrived       | what may happen
///     -----------+--------+---------------+------------------------------------------------------------
///     filling    | 0      | 0 ..< parties | arrivals, enqueuing, abort, reset, timeout, cancellation
///     completing | 0      | parties …     | completion by the last arrival, which runs the action; abort,
///                |        |               | reset, a failed action; arrivals beyond `parties` are surplus
///     broken     | 1      | refusals      | reset; every arrival is refused
///
/// Why this shape:
/// - A generation is one phase. It advances in the very exchange that ends the phase, completed or broken. So
///   "my phase is over" is one comparison, and a phase cannot have two outcomes.
/// - The waiters bit is in the same word as the generation. A party sets it only while its phase is open, and
///   the thread that ends the phase sees it in the value that it replaces. So no wake-up is lost, and
///   completing a phase without waiters takes no lock.
/// - Surplus arrivals count beyond `parties`. So the count that a break replaces is the exact number of calls
///   that must still learn of it.
struct BarrierState: Equatable, Sendable {
  private(set) var bits: UInt64

  static let arrivedBits = 24
  static let generationBits = 38

  private static let arrivedMask: UInt64 = 1 << 24 - 1
  private static let waitersBit: UInt64 = 1 << 24
  private static let brokenBit: UInt64 = 1 << 25
  private static let generationShift: UInt64 = 26
  private static let generationMask: UInt64 = 1 << 38 - 1

  /// What an arrival adds to ``bits``.
  static let oneArrival: UInt64 = 1

  init(bits: UInt64) {
    self.bits = bits
  }

  /// The state in which a phase opens: without arrivals.
  init(opening generation: UInt64) {
    bits = (generation & Self.generationMask) << Self.generationShift
  }

  /// The phase's number, modulo 2³⁸. ``PhaseNumbers`` restores the rest.
  var generation: UInt64 { bits >> Self.generationShift }

  var isBroken: Bool { bits & Self.brokenBit != 0 }

  /// Whether a thread sleeps, or a task is suspended, until this generation is over. The thread that ends the
  /// generation must wake them.
  var hasWaiters: Bool { bits & Self.waitersBit != 0 }

  /// How many calls have arrived, surplus included. In a broken barrier: how many were refused and have not
  /// yet been subtracted.
  var arrived: Int { Int(bits & Self.arrivedMask) }

  func isOpen(_ generation: UInt64) -> Bool {
    self.generation == generation && !isBroken
  }

  // MARK: Arriving

  enum Role: Equatable {
    /// Arrived before the last party: waits.
    case waiter
    /// Arrived last: runs the action and completes the phase.
    case last
    /// Arrived after the last party: waits until this phase is over, then arrives again.
    case surplus
    /// The barrier is broken.
    case refused
  }

  /// The role of the call whose arrival found this state. Its index is the count that it found.
  func role(parties: Int) -> Role {
    if isBroken { return .refused }
    let withThis = arrived &+ 1
    if withThis < parties { return .waiter }
    return withThis == parties ? .last : .surplus
  }

  /// How many calls a barrier can count at once. Beyond it, the count would overflow into the bits above.
  static let maxArrivals = 1 << (arrivedBits - 1)

  // MARK: Transitions

  /// A party of `generation` is about to sleep or to be suspended. `nil` if that phase is over.
  func afterEnqueue(in generation: UInt64) -> BarrierState? {
    guard isOpen(generation) else { return nil }
    return BarrierState(bits: bits | Self.waitersBit)
  }

  /// A call arrives in the phase that was open in the state `expected`, or is refused as it was there. `nil`
  /// if that phase is over, or the barrier was reset meanwhile.
  func afterArrival(expected: BarrierState) -> BarrierState? {
    guard generation == expected.generation, isBroken == expected.isBroken else { return nil }
    return isBroken ? self : BarrierState(bits: bits + Self.oneArrival)
  }

  /// The last arrival of `generation` completes it. `nil` if it broke first.
  func afterCompletion(of generation: UInt64) -> BarrierState? {
    guard isOpen(generation) else { return nil }
    return BarrierState(opening: generation &+ 1)
  }

  /// The open phase breaks; only `generation`, if one is given. `nil` if it is over.
  func afterBreak(of generation: UInt64? = nil) -> BarrierState? {
    guard isOpen(generation ?? self.generation) else { return nil }
    return BarrierState(bits: BarrierState(opening: self.generation &+ 1).bits | Self.brokenBit)
  }

  /// A party of `generation` gives up, by timeout or cancellation. `nil` once all have arrived: from then on
  /// a timeout or a cancellation changes nothing.
  func afterGivingUp(in generation: UInt64, parties: Int) -> BarrierState? {
    arrived < parties ? afterBreak(of: generation) : nil
  }

  /// A broken barrier becomes fresh; a phase with arrivals is over, and the next one is fresh. `nil` for an
  /// idle barrier, where a reset does nothing.
  func afterReset() -> BarrierState? {
    if isBroken { return BarrierState(opening: generation) }
    return arrived > 0 ? BarrierState(opening: generation &+ 1) : nil
  }

  /// Subtracts the refused calls, so that the count of a broken barrier cannot overflow, however many call.
  /// `nil` if the barrier has been reset since `generation`.
  func afterRefusal(in generation: UInt64) -> BarrierState? {
    guard isBroken, self.generation == generation else { return nil }
    return BarrierState(bits: bits & ~Self.arrivedMask)
  }
}
