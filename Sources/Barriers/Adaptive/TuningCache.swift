/// What barriers of this process with a similar number of parties have learned: the mode that new barriers
/// start with, and when they try another. So not every new barrier pays again for the same failed trial.
///
/// Only a hint: each barrier goes on to learn by itself. So the two values need not match, and relaxed order
/// is enough.
final class TuningCache: Sendable {
  private let current = RelaxedAtomic(WaitTuner.Mode.parking.rawValue)
  private let nextTrial = RelaxedAtomic(0)

  /// Another barrier, with other parties and other work, should not wait longer for its first trial.
  private static let maxTrialDelay: UInt64 = 1_000_000_000

  /// For 1 party, 2 to 3, 4 to 7, and so on.
  private static let bySize = (0..<Int.bitWidth).map { _ in TuningCache() }

  /// The cache of barriers with a similar number of parties.
  static func forParties(_ parties: Int) -> TuningCache {
    bySize[Int.bitWidth - 1 - parties.leadingZeroBitCount]
  }

  func record(_ tuner: WaitTuner, at now: UInt64) {
    current.storeIfChanged(tuner.current.rawValue)
    nextTrial.storeIfChanged(min(tuner.nextTrial, now + Self.maxTrialDelay))
  }

  func makeTuner() -> WaitTuner {
    WaitTuner(
      WaitTuner.Mode(rawValue: current.value) ?? .parking, canSpin: false, nextTrial: nextTrial.value)
  }
}
