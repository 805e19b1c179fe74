/// How a thread waits for the others: what it pays in processor time for being released sooner.
///
/// Whatever the strategy, the barrier's promises are the same.
public struct WaitStrategy: Sendable, Hashable {
  private enum Kind { case adaptive, parking }
  private let kind: Kind

  /// Stays awake for a short, bounded time where that makes phases shorter, and sleeps otherwise. The default.
  ///
  /// With as many processors as parties, a party polls, and a phase may so be over in a tenth of a microsecond instead of
  /// some ten or twenty. With more parties than processors, a party that waits gives its processor to the others before
  /// it sleeps. Processors count as far as they are online, in the process's affinity and in the quota of its control
  /// groups.
  ///
  /// Which way pays depends on what else runs, so the barrier times its phases and tries another way now and then; the
  /// tries cost about 3 % of the time, and less and less.
  public static let adaptive = WaitStrategy(kind: .adaptive)

  /// Sleeps at once: costs the least processor time.
  ///
  /// For parties that wait long, and for machines on which others need the processors more.
  public static let parking = WaitStrategy(kind: .parking)
}
