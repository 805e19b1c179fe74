import Synchronization

/// Runs from the first party's start to the last one's end.
///
/// Nobody ends before all have started, for they meet in between.
final class Stopwatch: Sendable {
  private struct State {
    var running = 0
    var start: (time: UInt64, usage: Usage)?
    var end: (time: UInt64, usage: Usage)?
  }

  private let state = Mutex(State())

  func start() {
    state.withLock { state in
      state.running += 1
      if state.start == nil { state.start = (nanoseconds(), Usage.now) }
    }
  }

  func stop() {
    state.withLock { state in
      state.running -= 1
      if state.running == 0 { state.end = (nanoseconds(), Usage.now) }
    }
  }

  func cost(of phases: Int) -> Cost {
    state.withLock { state in
      guard let start = state.start, let end = state.end else { fatalError("The job has not been played.") }
      return Cost(
        wall: Double(end.time - start.time) / Double(phases),
        cpu: (end.usage.cpu - start.usage.cpu) / Double(phases),
        switches: (end.usage.switches - start.usage.switches) / Double(phases))
    }
  }
}
