import Testing

/// Threads at a barrier: all schedules with few deviations.
///
/// What was seen of each is held against the sequential barrier: rule 1, rule 3, rule 4, rule 5, rule 7, rule 8, rule 9,
/// rule 10, rule 12, rule 13, rule 14. That nobody is left asleep, and that each schedule ends, the simulator sees.
struct ThreadScheduleTests {
  static let ways: [Simulator.Configuration] = [
    .init(firstWay: .parking), .init(firstWay: .yielding), .init(processors: 3, firstWay: .spinning),
  ]

  /// rule 1, rule 3
  @Test(arguments: ways) func twoThreadsMeetTwice(way: Simulator.Configuration) {
    explore(.exhaustively(bound: 2), way) { simulator in
      let meeting = Meeting(simulator, parties: 2, strategy: .adaptive)
      for name in ["a", "b"] { simulator.start(name) { meeting.wait(times: 2) } }
      return meeting.check
    }
  }

  @Test func twoThreadsMeetThreeTimes() {
    explore(.exhaustively(bound: 2)) { simulator in
      let meeting = Meeting(simulator, parties: 2)
      for name in ["a", "b"] { simulator.start(name) { meeting.wait(times: 3) } }
      return meeting.check
    }
  }

  @Test(arguments: ways) func threeThreadsMeetOnce(way: Simulator.Configuration) {
    explore(.exhaustively(bound: 1), way) { simulator in
      let meeting = Meeting(simulator, parties: 3, strategy: .adaptive)
      for name in ["a", "b", "c"] { simulator.start(name) { meeting.wait() } }
      return meeting.check
    }
  }

  @Test func threeThreadsMeetTwice() {
    explore(.exhaustively(bound: 1)) { simulator in
      let meeting = Meeting(simulator, parties: 3)
      for name in ["a", "b", "c"] { simulator.start(name) { meeting.wait(times: 2) } }
      return meeting.check
    }
  }

  /// rule 4
  @Test func surplusThreadsJoinTheNextPhase() {
    explore(.exhaustively(bound: 1)) { simulator in
      let meeting = Meeting(simulator, parties: 2) { _ in nil }
      for name in ["a", "b", "c", "d"] { simulator.start(name) { meeting.wait() } }
      return meeting.check
    }
  }

  /// rule 5, rule 7
  @Test func twoThreadsPassABarrierOfOne() {
    explore(.exhaustively(bound: 2)) { simulator in
      let meeting = Meeting(simulator, parties: 1) { _ in nil }
      for name in ["a", "b"] { simulator.start(name) { meeting.wait(times: 2) } }
      return meeting.check
    }
  }

  /// rule 7
  @Test func propertiesAgreeWithWhatHappens() {
    explore(.exhaustively(bound: 2)) { simulator in
      let meeting = Meeting(simulator, parties: 2) { _ in nil }
      for name in ["a", "b"] { simulator.start(name) { meeting.wait() } }
      simulator.start("observer") { meeting.readProperties() }
      return meeting.check
    }
  }

  /// rule 8
  @Test func anActionFails() {
    explore(.exhaustively(bound: 2)) { simulator in
      let meeting = Meeting(simulator, parties: 2) { phase in Fault("action of \(phase)") }
      for name in ["a", "b"] { simulator.start(name) { meeting.wait(times: 2) } }
      return meeting.check
    }
  }

  /// What somebody does to a barrier at which two threads want to meet twice.
  enum Disturbance: CaseIterable, Sendable {
    case abort, reset, abortAndReset, resetAndAbort, twoAborts

    func happen(to meeting: Meeting) {
      switch self {
      case .abort: meeting.abort()
      case .reset: meeting.reset()
      case .abortAndReset:
        meeting.abort()
        meeting.reset()
      case .resetAndAbort:
        meeting.reset()
        meeting.abort()
      case .twoAborts:
        meeting.abort("one")
        meeting.abort("two")
      }
    }
  }

  /// rule 12, rule 13
  @Test(arguments: Disturbance.allCases, ways)
  func aThirdThreadDisturbs(_ disturbance: Disturbance, way: Simulator.Configuration) {
    explore(.exhaustively(bound: 1), way) { simulator in
      let meeting = Meeting(simulator, parties: 2, strategy: .adaptive)
      // With a time limit, for who was freed by a reset may find nobody to wait for.
      for name in ["a", "b"] { simulator.start(name) { meeting.wait(times: 2, timeout: .seconds(1)) } }
      simulator.start("c") { disturbance.happen(to: meeting) }
      return meeting.check
    }
  }

  /// rule 9: while the action runs, before, and after.
  @Test(arguments: Disturbance.allCases, ways)
  func aThirdThreadDisturbsTheAction(_ disturbance: Disturbance, way: Simulator.Configuration) {
    explore(.exhaustively(bound: 1), way) { simulator in
      let meeting = Meeting(simulator, parties: 2, strategy: .adaptive) { _ in nil }
      for name in ["a", "b"] { simulator.start(name) { meeting.wait(timeout: .seconds(1)) } }
      simulator.start("c") { disturbance.happen(to: meeting) }
      return meeting.check
    }
  }

  /// rule 8, rule 9: the first cause counts.
  @Test(arguments: Disturbance.allCases) func aThirdThreadDisturbsAnActionThatFails(
    _ disturbance: Disturbance
  ) {
    explore(.exhaustively(bound: 1)) { simulator in
      let meeting = Meeting(simulator, parties: 2) { phase in Fault("action of \(phase)") }
      for name in ["a", "b"] { simulator.start(name) { meeting.wait(timeout: .seconds(1)) } }
      simulator.start("c") { disturbance.happen(to: meeting) }
      return meeting.check
    }
  }

  /// rule 9
  @Test(arguments: Disturbance.allCases) func theActionItselfDisturbs(_ disturbance: Disturbance) {
    explore(.exhaustively(bound: 1)) { simulator in
      let box = Box<Meeting>()
      let meeting = Meeting(simulator, parties: 2) { phase in
        if phase == 0 { disturbance.happen(to: box.content!) }
        return nil
      }
      box.content = meeting
      for name in ["a", "b"] { simulator.start(name) { meeting.wait(times: 2, timeout: .seconds(1)) } }
      return {
        box.content = nil  // It holds the meeting, whose action holds it.
        try meeting.check()
      }
    }
  }

  /// rule 9: at once, and not when the action is over.
  @Test(arguments: [Disturbance.abort, .reset]) func whoWaitsIsFreedWhileTheActionRuns(
    _ disturbance: Disturbance
  ) {
    explore(.exhaustively(bound: 1)) { simulator in
      let isFreed = Box(false)
      let isRunning = Box(false)
      let meeting = Meeting(simulator, parties: 2) { _ in
        isRunning.content = true
        simulator.wrote()
        while isFreed.content == false { simulator.poll("hangs in the action") }
        return nil
      }
      for name in ["a", "b"] {
        simulator.start(name) {
          meeting.wait()
          isFreed.content = true
          simulator.wrote()
        }
      }
      simulator.start("c") {
        while isRunning.content == false { simulator.poll("waits for the action") }
        disturbance.happen(to: meeting)
      }
      return meeting.check
    }
  }

  /// rule 1: those who are told late find out how their own phase ended.
  @Test func twoThreadsDisturbAtOnce() {
    explore(.exhaustively(bound: 1)) { simulator in
      let meeting = Meeting(simulator, parties: 2)
      for name in ["a", "b"] { simulator.start(name) { meeting.wait(timeout: .seconds(1)) } }
      simulator.start("c") { meeting.abort() }
      simulator.start("d") { meeting.reset() }
      return meeting.check
    }
  }

  /// rule 14, rule 15, rule 23
  @Test(arguments: [Duration.zero, .milliseconds(1)]) func aTimeLimitRacesTheLastArrival(limit: Duration) {
    explore(.exhaustively(bound: 2)) { simulator in
      let meeting = Meeting(simulator, parties: 2)
      simulator.start("patient") { meeting.wait() }
      simulator.start("impatient") {
        // Whoever did not meet frees the other.
        if case .broken = meeting.wait(timeout: limit) { meeting.abort() }
      }
      return meeting.check
    }
  }

  /// rule 14
  @Test func timeLimitsRaceEachOther() {
    explore(.exhaustively(bound: 1)) { simulator in
      let meeting = Meeting(simulator, parties: 3)
      for name in ["a", "b"] { simulator.start(name) { meeting.wait(timeout: .milliseconds(1)) } }
      simulator.start("c") { meeting.wait(times: 2, timeout: .milliseconds(2)) }
      return meeting.check
    }
  }

  /// rule 10: a time limit that is over while the action runs changes nothing.
  @Test func aTimeLimitRacesTheAction() {
    explore(.exhaustively(bound: 2)) { simulator in
      let meeting = Meeting(simulator, parties: 2) { _ in nil }
      for name in ["a", "b"] { simulator.start(name) { meeting.wait(timeout: .milliseconds(1)) } }
      return meeting.check
    }
  }

  /// rule 6
  @Test(arguments: ways) func whatWasWrittenBeforeIsSeenAfter(way: Simulator.Configuration) {
    explore(.exhaustively(bound: 2), way) { simulator in
      let notes = [Plain(0), Plain(0)]
      let sum = Plain(0)
      let meeting = Meeting(simulator, parties: 2, strategy: .adaptive) { phase in
        sum.value = notes[0].value + notes[1].value
        return nil
      }
      for own in 0...1 {
        simulator.start("writer \(own)") {
          for round in 1...2 {
            notes[own].value = round
            meeting.wait()
            if sum.value != 2 * round { simulator.fail("a sum of \(sum.value) after round \(round)") }
          }
        }
      }
      return meeting.check
    }
  }

  /// rule 6, rule 12: whoever is told of a break sees what was done before it.
  @Test func whatWasWrittenBeforeABreakIsSeenAfter() {
    explore(.exhaustively(bound: 1)) { simulator in
      let note = Plain(0)
      let meeting = Meeting(simulator, parties: 3)
      for name in ["a", "b"] {
        simulator.start(name) {
          meeting.wait()
          if note.value != 1 { simulator.fail("a note of \(note.value)") }
        }
      }
      simulator.start("aborts") {
        note.value = 1
        meeting.abort()
      }
      return meeting.check
    }
  }

  /// rule 22
  @Test func eachLetsGoOfTheBarrierWhenItsWaitHasReturned() {
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

/// Something that is put in later, or taken out.
final class Box<Content>: @unchecked Sendable {
  var content: Content?
  init(_ content: Content? = nil) { self.content = content }
}
