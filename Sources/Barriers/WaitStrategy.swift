/// How a thread waits for the others: what it pays in processor time for being released sooner.
///
/// Whatever the strategy, the barrier's promises are the same.
public struct WaitStrategy: Sendable, Hashable {
  private enum Kind { case adaptive, parking }
  private let kind: Kind

  /// Polls for a short, bounded time where all parties can run at once, and sleeps otherwise. The default.
  ///
  /// With as many processors as parties, a phase may so be over in some ten nanoseconds instead of some ten
  /// microseconds.
  public static let adaptive = WaitStrategy(kind: .adaptive)

  /// Sleeps at once: costs the least processor time.
  ///
  /// For parties that wait long, and for machines on which others need the processors more.
  public static let parking = WaitStrategy(kind: .parking)
}
