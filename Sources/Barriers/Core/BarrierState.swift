/// The state of a barrier: one 64-bit word, and every change that it may undergo.
///
/// This is a pure value. It holds no lock and knows no thread: each `after…` function answers with the next state,
/// or with `nil` where the rules do not allow that change. ``AtomicBarrierState`` makes the changes atomic.
///
///     bits  63 … 26      25       24         23 … 0
///          generation | broken | waiters | arrived
///
///     state      | broken | arrived       | what may happen
///     -----------+--------+---------------+--------------------------------------------------------------
///     filling    | 0      | 0 ..< parties | arrivals, sleep, abort, reset, time-out, cancellation
///     completing | 0      | parties …     | completion by the last arrival, which runs the action; abort,
///                |        |               | reset, a failed action; arrivals beyond `parties` are surplus
///     broken     | 1      | refusals      | reset; every arrival is refused
///
/// What makes the hard cases disappear:
/// - A generation is one phase, and it moves on in the very exchange that ends that phase, whether the phase
///   completed or broke. So "my phase is over" is one comparison, and two outcomes cannot both be written.
/// - The waiters bit stands in the same word as the generation. A party sets it only while its phase is open,
///   and whoever ends the phase sees it in the value that it replaced: no wake-up is lost, and nobody who
///   finds the bit clear needs the lock.
/// - Surplus arrivals are counted beyond `parties`. So the count that a break replaces is the exact number of
///   calls that must still be told of it.
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

  /// The state in which a phase opens: nobody has arrived.
  init(opening generation: UInt64) {
    bits = (generation & Self.generationMask) << Self.generationShift
  }

  /// The phase's number, modulo 2³⁸. ``PhaseNumbers`` knows the rest.
  var generation: UInt64 { bits >> Self.generationShift }

  var isBroken: Bool { bits & Self.brokenBit != 0 }

  /// Somebody sleeps until this generation is over, and must be woken.
  var hasWaiters: Bool { bits & Self.waitersBit != 0 }

  /// How many have arrived, surplus included; in a broken barrier, how many were refused and have not yet
  /// taken their mark away.
  var arrived: Int { Int(bits & Self.arrivedMask) }

  func isOpen(_ generation: UInt64) -> Bool {
    self.generation == generation && !isBroken
  }

  // MARK: Arriving

  enum Role: Equatable {
    /// Arrived before the last one: waits.
    case waiter
    /// Arrived last: runs the action and completes the phase.
    case last
    /// One caller more than there are parties: waits until this phase is over, then arrives again.
    case surplus
    /// The barrier is broken.
    case refused
  }

  /// What becomes of the party whose arrival found this state. Its index is the count that it found.
  func role(parties: Int) -> Role {
    if isBroken { return .refused }
    let withThis = arrived &+ 1
    if withThis < parties { return .waiter }
    return withThis == parties ? .last : .surplus
  }

  /// A barrier can count this many calls at once; beyond it, the count would run into the bits above.
  static let maxArrivals = 1 << (arrivedBits - 1)

  // MARK: Changes

  /// A party of `generation` is about to sleep. Not if that phase is over.
  func afterEnqueue(in generation: UInt64) -> BarrierState? {
    guard isOpen(generation) else { return nil }
    return BarrierState(bits: bits | Self.waitersBit)
  }

  /// Somebody arrives who has seen this state: in the phase that is open there, or as one who is refused. Not if that phase
  /// is over, nor if the barrier has been cleared.
  func afterArrival(expected: BarrierState) -> BarrierState? {
    guard generation == expected.generation, isBroken == expected.isBroken else { return nil }
    return isBroken ? self : BarrierState(bits: bits + Self.oneArrival)
  }

  /// The last arrival of `generation` completes it. Not if it broke first.
  func afterCompletion(of generation: UInt64) -> BarrierState? {
    guard isOpen(generation) else { return nil }
    return BarrierState(opening: generation &+ 1)
  }

  /// The open phase breaks: `generation` only, if one is given. Not if it is over.
  func afterBreak(of generation: UInt64? = nil) -> BarrierState? {
    guard isOpen(generation ?? self.generation) else { return nil }
    return BarrierState(bits: BarrierState(opening: self.generation &+ 1).bits | Self.brokenBit)
  }

  /// A party of `generation` gives up, by time-out or cancellation. Not once all have arrived: from then on the
  /// phase is the last arrival's to end.
  func afterGivingUp(in generation: UInt64, parties: Int) -> BarrierState? {
    arrived < parties ? afterBreak(of: generation) : nil
  }

  /// A broken barrier becomes fresh; a phase in which somebody has arrived is over, and the next one is fresh.
  /// Not on an idle barrier: there is nothing to do.
  func afterReset() -> BarrierState? {
    if isBroken { return BarrierState(opening: generation) }
    return arrived > 0 ? BarrierState(opening: generation &+ 1) : nil
  }

  /// Those who were refused take their marks away, so that however many come, the count cannot overflow. Not if
  /// the barrier has been reset since `generation`.
  func afterRefusal(in generation: UInt64) -> BarrierState? {
    guard isBroken, self.generation == generation else { return nil }
    return BarrierState(bits: bits & ~Self.arrivedMask)
  }
}
