/// In the place of the library's: what barriers learn from each other would make one execution depend on those before it.
final class Experience: Sendable {
  private let way: WaitLearner.Way

  private init(_ way: WaitLearner.Way) {
    self.way = way
  }

  static func of(_ parties: Int) -> Experience {
    Experience((SimulatedThread.current?.machine ?? Machine.inTheMaking)!.firstWay)
  }

  func learner() -> WaitLearner { WaitLearner(way, mayPoll: false) }

  func note(_ learner: WaitLearner, at now: UInt64) {}
}
