/// What the barriers of this process that are about as large have learned, for new ones: which way to begin with, and when
/// to try another. So what a try has wasted is not wasted again by each barrier that is made.
///
/// A hint, and no more: each barrier goes on to learn for itself. So the two need not fit together, and relaxed order is
/// enough.
final class TuningCache: Sendable {
  private let current = RelaxedAtomic(WaitTuner.Mode.parking.rawValue)
  private let nextTrial = RelaxedAtomic(0)

  /// Another barrier, with other parties and other work, should not wait for its first try for longer.
  private static let longest: UInt64 = 1_000_000_000

  /// For 1 party, 2 to 3, 4 to 7, and so on.
  private static let bySize = (0..<Int.bitWidth).map { _ in TuningCache() }

  /// That of barriers with about as many parties.
  static func forParties(_ parties: Int) -> TuningCache {
    bySize[Int.bitWidth - 1 - parties.leadingZeroBitCount]
  }

  func record(_ learner: WaitTuner, at now: UInt64) {
    current.storeIfChanged(learner.current.rawValue)
    nextTrial.storeIfChanged(min(learner.nextTrial, now + Self.longest))
  }

  func makeTuner() -> WaitTuner {
    WaitTuner(WaitTuner.Mode(rawValue: current.value) ?? .parking, canSpin: false, nextTrial: nextTrial.value)
  }
}
