/// How a thread waits for the others: what it pays in processor time to be released sooner.
///
/// The barrier's promises are the same with each strategy.
public struct WaitStrategy: Sendable, Hashable {
  private enum Kind { case adaptive, parking }
  private let kind: Kind

  /// Waits awake for a short, bounded time where that makes phases shorter, and sleeps otherwise. The
  /// default.
  ///
  /// With a processor for each party, a party spins, so a phase may take a tenth of a microsecond instead of
  /// some ten or twenty. With more parties than processors, a waiting party yields its processor to the
  /// others before it sleeps. The usable processors are those that are online, as far as the affinity and the
  /// quota of the control groups allow. The affinity is that of the thread that creates the barrier and of the
  /// process's first thread, together: so a thread that has pinned itself may create a barrier for others.
  ///
  /// Which mode pays depends on what else runs. So the barrier times its phases and sometimes tries another
  /// mode. The trials cost about 3 % of the time, and less as they fail.
  public static let adaptive = WaitStrategy(kind: .adaptive)

  /// Sleeps at once: costs the least processor time.
  ///
  /// For parties that wait long, and for machines where other programs need the processors more.
  public static let parking = WaitStrategy(kind: .parking)
}
