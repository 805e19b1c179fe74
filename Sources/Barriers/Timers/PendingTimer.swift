/// When the timekeeper comes to a barrier: at the earliest moment that it was asked for.
struct PendingTimer {
  private var moment: Deadline?
  /// Whether there ever was one.
  private(set) var isKnown = false

  /// Asks for a actions. Returns the moment if the timekeeper must be told of it, which need not be if it comes sooner.
  mutating func make(_ moment: Deadline) -> Deadline? {
    guard moment.isBefore(self.moment) else { return nil }
    self.moment = moment
    isKnown = true
    return moment
  }

  /// The timekeeper has come, or cannot.
  mutating func isOver() {
    moment = nil
  }
}
