/// Replaces the library's: if barriers learned from each other, an execution would depend on those before it.
final class TuningCache: Sendable {
  private let initialMode: WaitTuner.Mode

  private init(_ initialMode: WaitTuner.Mode) {
    self.initialMode = initialMode
  }

  static func forParties(_ parties: Int) -> TuningCache {
    TuningCache((SimulatedThread.current?.simulator ?? Simulator.underConstruction)!.initialMode)
  }

  func makeTuner() -> WaitTuner { WaitTuner(initialMode, canSpin: false) }

  func record(_ learner: WaitTuner, at now: UInt64) {}
}
