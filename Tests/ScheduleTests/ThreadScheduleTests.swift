import Testing

/// Threads at a barrier: all schedules with few deviations.
///
/// Each history is checked against the sequential barrier: rule 1, rule 3, rule 4, rule 5, rule 7, rule 8,
/// rule 9, rule 10, rule 12, rule 13, rule 14. The simulator checks that no thread is left asleep and that
/// each execution ends.
struct ThreadScheduleTests {
  static let configurations: [Simulator.Configuration] = [
    .init(initialMode: .parking), .init(initialMode: .yielding),
    .init(processors: 3, initialMode: .spinning),
  ]

  /// rule 1, rule 3
  @Test(arguments: configurations) func twoThreadsMeetTwice(configuration: Simulator.Configuration) {
    explore(.exhaustively(bound: 2), configuration) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2, strategy: .adaptive)
      for name in ["a", "b"] { simulator.start(name) { barrier.wait(times: 2) } }
      return barrier.check
    }
  }

  @Test func twoThreadsMeetThreeTimes() {
    explore(.exhaustively(bound: 2)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2)
      for name in ["a", "b"] { simulator.start(name) { barrier.wait(times: 3) } }
      return barrier.check
    }
  }

  @Test(arguments: configurations) func threeThreadsMeetOnce(configuration: Simulator.Configuration) {
    explore(.exhaustively(bound: 1), configuration) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 3, strategy: .adaptive)
      for name in ["a", "b", "c"] { simulator.start(name) { barrier.wait() } }
      return barrier.check
    }
  }

  @Test func threeThreadsMeetTwice() {
    explore(.exhaustively(bound: 1)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 3)
      for name in ["a", "b", "c"] { simulator.start(name) { barrier.wait(times: 2) } }
      return barrier.check
    }
  }

  /// rule 4
  @Test func surplusThreadsJoinTheNextPhase() {
    explore(.exhaustively(bound: 1)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2) { _ in nil }
      for name in ["a", "b", "c", "d"] { simulator.start(name) { barrier.wait() } }
      return barrier.check
    }
  }

  /// rule 5, rule 7
  @Test func twoThreadsPassABarrierOfOne() {
    explore(.exhaustively(bound: 2)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 1) { _ in nil }
      for name in ["a", "b"] { simulator.start(name) { barrier.wait(times: 2) } }
      return barrier.check
    }
  }

  /// rule 7
  @Test func propertiesAgreeWithTheHistory() {
    explore(.exhaustively(bound: 2)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2) { _ in nil }
      for name in ["a", "b"] { simulator.start(name) { barrier.wait() } }
      simulator.start("observer") { barrier.readProperties() }
      return barrier.check
    }
  }

  /// rule 8
  @Test func anActionFails() {
    explore(.exhaustively(bound: 2)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2) { phase in Fault("action of \(phase)") }
      for name in ["a", "b"] { simulator.start(name) { barrier.wait(times: 2) } }
      return barrier.check
    }
  }

  /// What a third thread, or the action, does to a barrier at which two threads meet.
  enum Interference: CaseIterable, Sendable {
    case abort, reset, abortAndReset, resetAndAbort, twoAborts

    func apply(to barrier: RecordedBarrier) {
      switch self {
      case .abort: barrier.abort()
      case .reset: barrier.reset()
      case .abortAndReset:
        barrier.abort()
        barrier.reset()
      case .resetAndAbort:
        barrier.reset()
        barrier.abort()
      case .twoAborts:
        barrier.abort("one")
        barrier.abort("two")
      }
    }
  }

  /// rule 12, rule 13
  @Test(arguments: Interference.allCases, configurations)
  func aThirdThreadInterferes(_ interference: Interference, configuration: Simulator.Configuration) {
    explore(.exhaustively(bound: 1), configuration) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2, strategy: .adaptive)
      // With a timeout, because after a reset a thread may wait without a partner.
      for name in ["a", "b"] { simulator.start(name) { barrier.wait(times: 2, timeout: .seconds(1)) } }
      simulator.start("c") { interference.apply(to: barrier) }
      return barrier.check
    }
  }

  /// rule 9: before the action, while it runs, and after it.
  @Test(arguments: Interference.allCases, configurations)
  func aThirdThreadInterferesWithTheAction(
    _ interference: Interference, configuration: Simulator.Configuration
  ) {
    explore(.exhaustively(bound: 1), configuration) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2, strategy: .adaptive) { _ in nil }
      for name in ["a", "b"] { simulator.start(name) { barrier.wait(timeout: .seconds(1)) } }
      simulator.start("c") { interference.apply(to: barrier) }
      return barrier.check
    }
  }

  /// rule 8, rule 9: the first cause counts.
  @Test(arguments: Interference.allCases)
  func aThirdThreadInterferesWithAFailingAction(_ interference: Interference) {
    explore(.exhaustively(bound: 1)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2) { phase in Fault("action of \(phase)") }
      for name in ["a", "b"] { simulator.start(name) { barrier.wait(timeout: .seconds(1)) } }
      simulator.start("c") { interference.apply(to: barrier) }
      return barrier.check
    }
  }

  /// rule 9
  @Test(arguments: Interference.allCases) func theActionItselfInterferes(_ interference: Interference) {
    explore(.exhaustively(bound: 1)) { simulator in
      let box = Box<RecordedBarrier>()
      let barrier = RecordedBarrier(simulator, parties: 2) { phase in
        if phase == 0 { interference.apply(to: box.content!) }
        return nil
      }
      box.content = barrier
      for name in ["a", "b"] { simulator.start(name) { barrier.wait(times: 2, timeout: .seconds(1)) } }
      return {
        box.content = nil  // Breaks the reference cycle through the action.
        try barrier.check()
      }
    }
  }

  /// rule 9: at once, not when the action is over.
  @Test(arguments: [Interference.abort, .reset])
  func waitersAreReleasedWhileTheActionRuns(_ interference: Interference) {
    explore(.exhaustively(bound: 1)) { simulator in
      let isReleased = Box(false)
      let isRunning = Box(false)
      let barrier = RecordedBarrier(simulator, parties: 2) { _ in
        isRunning.content = true
        simulator.noteWrite()
        while isReleased.content == false { simulator.spinHint("hangs in the action") }
        return nil
      }
      for name in ["a", "b"] {
        simulator.start(name) {
          barrier.wait()
          isReleased.content = true
          simulator.noteWrite()
        }
      }
      simulator.start("c") {
        while isRunning.content == false { simulator.spinHint("waits for the action") }
        interference.apply(to: barrier)
      }
      return barrier.check
    }
  }

  /// rule 1: a party that wakes up late gets the outcome of its own phase.
  @Test func anAbortRacesAReset() {
    explore(.exhaustively(bound: 1)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2)
      for name in ["a", "b"] { simulator.start(name) { barrier.wait(timeout: .seconds(1)) } }
      simulator.start("c") { barrier.abort() }
      simulator.start("d") { barrier.reset() }
      return barrier.check
    }
  }

  /// rule 14, rule 15, rule 23
  @Test(arguments: [Duration.zero, .milliseconds(1)]) func aTimeoutRacesTheLastArrival(timeout: Duration) {
    explore(.exhaustively(bound: 2)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2)
      simulator.start("patient") { barrier.wait() }
      simulator.start("impatient") {
        // Otherwise the other thread would wait without a partner.
        if case .broken = barrier.wait(timeout: timeout) { barrier.abort() }
      }
      return barrier.check
    }
  }

  /// rule 14
  @Test func timeoutsRaceEachOther() {
    explore(.exhaustively(bound: 1)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 3)
      for name in ["a", "b"] { simulator.start(name) { barrier.wait(timeout: .milliseconds(1)) } }
      simulator.start("c") { barrier.wait(times: 2, timeout: .milliseconds(2)) }
      return barrier.check
    }
  }

  /// rule 10: a timeout that ends while the action runs changes nothing.
  @Test func aTimeoutRacesTheAction() {
    explore(.exhaustively(bound: 2)) { simulator in
      let barrier = RecordedBarrier(simulator, parties: 2) { _ in nil }
      for name in ["a", "b"] { simulator.start(name) { barrier.wait(timeout: .milliseconds(1)) } }
      return barrier.check
    }
  }

  /// rule 6
  @Test(arguments: configurations) func writesBeforeAWaitAreVisibleAfterIt(
    configuration: Simulator.Configuration
  ) {
    explore(.exhaustively(bound: 2), configuration) { simulator in
      let notes = [Plain(0), Plain(0)]
      let sum = Plain(0)
      let barrier = RecordedBarrier(simulator, parties: 2, strategy: .adaptive) { phase in
        sum.value = notes[0].value + notes[1].value
        return nil
      }
      for own in 0...1 {
        simulator.start("writer \(own)") {
          for round in 1...2 {
            notes[own].value = round
            barrier.wait()
            if sum.value != 2 * round { simulator.fail("a sum of \(sum.value) after round \(round)") }
          }
        }
      }
      return barrier.check
    }
  }

  /// rule 6, rule 12
  @Test func writesBeforeAnAbortAreVisibleToTheWaiters() {
    explore(.exhaustively(bound: 1)) { simulator in
      let note = Plain(0)
      let barrier = RecordedBarrier(simulator, parties: 3)
      for name in ["a", "b"] {
        simulator.start(name) {
          barrier.wait()
          if note.value != 1 { simulator.fail("a note of \(note.value)") }
        }
      }
      simulator.start("aborts") {
        note.value = 1
        barrier.abort()
      }
      return barrier.check
    }
  }

  /// rule 22
  @Test func theBarrierMayBeReleasedOnceWaitHasReturned() {
    explore(.exhaustively(bound: 2)) { simulator in
      let barrier = ThreadBarrier(parties: 2, strategy: .parking)
      for name in ["a", "b"] {
        let own = Box(barrier)
        simulator.start(name) {
          _ = try? own.content!.wait()
          own.content = nil
        }
      }
      return {}
    }
  }
}

/// A variable that closures share. It may be set later, and cleared.
final class Box<Content>: @unchecked Sendable {
  var content: Content?
  init(_ content: Content? = nil) { self.content = content }
}
