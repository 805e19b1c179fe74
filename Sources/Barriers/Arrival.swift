/// A party's place in a phase that completed.
///
/// Every party of a phase has the same ``phase`` and an ``index`` of its own, and exactly one of them is the
/// last. So the result can select the party that does a job for all:
///
/// ```swift
/// if try barrier.wait().isLast { print("all are through") }
/// ```
public struct Arrival: Sendable, Hashable {
  /// The place in the order of arrival: 0 for the first party, `parties - 1` for the last.
  public let index: Int

  /// The number of the phase that completed. A barrier's first phase is 0, and each number is used once.
  public let phase: UInt64

  /// Whether this party arrived last, and ran the barrier's action if it has one.
  public let isLast: Bool
}
