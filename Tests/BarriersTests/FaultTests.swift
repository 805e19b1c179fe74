import CFaults
import Foundation
import Testing

@testable import Barriers

/// What the system's functions do wrong lets nobody through, and makes nobody give up. In processes of their own.
///
/// What chance decides follows from a number, which is an argument of the test, so that a failure tells it. The
/// environment variable `BARRIERS_TEST_SEED` sets it. How the threads are scheduled, it cannot set.
///
/// Of an expectation that fails in another process only its comment is told.
@Suite(.enabled(if: faults_work(), "Nothing can stand in front of the C library here."))
struct FaultTests {
  static let seeds = [
    ProcessInfo.processInfo.environment["BARRIERS_TEST_SEED"].flatMap { UInt64($0) }
      ?? UInt64.random(in: 1..<1_000_000)
  ]

  // MARK: Sleeps that end at once

  /// rule 23, rule 2, rule 3
  @Test(arguments: ParticipantMix.allCases, seeds)
  func sleepsThatEndForNoReasonLetNobodyThrough(cast: ParticipantMix, seed: UInt64) async {
    await #expect(processExitsWith: .success) { [cast, seed] in
      faults_make_sleeps_bad(bad_sleeps(woken: 30, timed_out: 0, seed: seed))
      let parties = 4
      let (arrived, tooEarly, isOver) = (Counter(), Counter(), Counter())
      let barrier = ThreadBarrier(parties: parties, strategy: .parking) { phase in
        // Decided for all who go on from this phase.
        if phase >= 200 && faults_bad_sleeps() >= 50 || phase == 20_000 { isOver.add() }
      }
      let guests = cast.kinds(parties).enumerated().map { index, kind in
        kind.regular(at: barrier) { soFar in
          if arrived.now < soFar.count * parties { tooEarly.add() }
          guard isOver.now == 0 else { return nil }
          arrived.add()
          // Sooner each time: so whoever keeps the time for tasks goes to sleep anew.
          return index == 0 ? .own : .timeout(.seconds(36_000 - soFar.count))
        }
      }
      let outcomes = guests.flatMap { (try? $0.result.get()) ?? [] }
      #expect(outcomes.count == parties * Int(barrier.phase), "all left")
      #expect(outcomes.allSatisfy { $0.arrival != nil }, "all passed")
      expectAllOrNone(outcomes, parties: parties)
      #expect(tooEarly.now == 0, "nobody passed early")
      #expect(faults_bad_sleeps() >= 50, "\(faults_bad_sleeps()) bad sleeps")
    }
  }

  /// rule 1, rule 3, rule 4, rule 8, rule 12, rule 13, rule 14, rule 23
  @Test(arguments: ParticipantMix.allCases, seeds)
  func allOrNoneHoldsWhileSleepsEndAtOnce(cast: ParticipantMix, seed: UInt64) async {
    await #expect(processExitsWith: .success) { [cast, seed] in
      faults_make_sleeps_bad(bad_sleeps(woken: 30, timed_out: 30, seed: seed))
      var round: UInt64 = 0
      while (round < 6 || faults_bad_sleeps() < 200) && round < 200 {
        turmoil(of: cast, .init(seed: seed &+ round), round.isMultiple(of: 2) ? .parking : .adaptive)
        round += 1
      }
      #expect(faults_bad_sleeps() >= 200, "\(faults_bad_sleeps()) bad sleeps")
    }
  }

  /// rule 15, rule 23
  @Test(arguments: ParticipantMix.allCases, seeds)
  func sleepsThatEndBeforeTheirTimeMakeNobodyGiveUp(cast: ParticipantMix, seed: UInt64) async {
    await #expect(processExitsWith: .success) { [cast, seed] in
      faults_make_sleeps_bad(bad_sleeps(woken: 0, timed_out: 100, seed: seed))
      let kinds = cast.kinds(3)
      for timeout in [Duration.microseconds(100), .milliseconds(1), .milliseconds(30)] {
        for kind in kinds {
          let barrier = ThreadBarrier(parties: 2, strategy: .parking)
          let start = ContinuousClock.now
          let alone = kind.participant("alone", at: barrier, .timeout(timeout))
          expect(alone.result, brokenBy: Cause(.timedOut, arrived: 1), at: barrier, isOrigin: true)
          #expect(ContinuousClock.now - start >= timeout, "not early")
        }
      }
      let barrier = ThreadBarrier(parties: 4, timeout: .seconds(3600), strategy: .parking)
      let patient = kinds.map { $0.participant("patient", at: barrier) }
      eventually { barrier.waitingCount == 3 }
      let before = faults_bad_sleeps()
      eventually { faults_bad_sleeps() > before + 20 }
      #expect(!barrier.isBroken && patient.allSatisfy { !$0.hasLeft }, "all still wait")
      let last = Kind.thread.participant("last", at: barrier)
      expect(last.result, completed: 0, index: 3, of: barrier)
      for guest in patient { expect(guest.result, completed: 0, of: barrier) }
    }
  }

  /// rule 2, rule 23: between giving up the lock and sleeping, a phase may end, and the next, and wake who does not sleep yet.
  @Test(arguments: [2, 3])
  func whoIsHeldUpOnTheWayToSleepIsNotForgotten(parties: Int) async {
    await #expect(processExitsWith: .success) { [parties] in
      faults_make_unlocks_slow()
      let phases = 1_000
      let barrier = ThreadBarrier(parties: parties, strategy: .parking)
      let results = crew(of: parties, at: barrier) { _ in
        for _ in 0..<phases { try barrier.wait() }
      }
      #expect(results.allSatisfy { (try? $0.get()) != nil }, "all passed")
      #expect(barrier.phase == phases, "\(barrier)")
    }
  }

  // MARK: Calls that fail

  /// What a thread calls in ``wait()`` before it sleeps, or to wake those who do.
  enum Failing: String, CaseIterable, Codable, Sendable {
    case lock, lockAfterSleep, sleep, timedSleep, broadcast

    fileprivate var call: call {
      switch self {
      case .lock, .lockAfterSleep: call_mutex_lock
      case .sleep: call_sleep
      case .timedSleep: call_timed_sleep
      case .broadcast: call_broadcast
      }
    }

    fileprivate var name: String {
      switch self {
      case .lock, .lockAfterSleep: "pthread_mutex_lock"
      case .sleep, .timedSleep: "futex (FUTEX_WAIT)"
      case .broadcast: "futex (FUTEX_WAKE)"
      }
    }
  }

  /// rule 23
  @Test(arguments: Failing.allCases, [EINVAL, ENOSYS])
  func aCallThatFailsWhereItCannotTrapsWithItsNameAndError(failing: Failing, error: Int32) async {
    let exit = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [failing, error] in
      let barrier = ThreadBarrier(parties: 2, strategy: .parking)
      let sleeper = ThreadParticipant("sleeper", at: barrier) {
        switch failing {
        case .broadcast: break
        case .lockAfterSleep: faults_fail_after(failing.call, 1, error)
        case .lock, .sleep, .timedSleep: faults_fail(failing.call, error, EBUSY, 1)
        }
        return try failing == .timedSleep
          ? barrier.wait(timeout: .seconds(3600)) : barrier.wait()
      }
      eventually { barrier.waitingCount == 1 }
      sleeper.fallsAsleep()
      let last = ThreadParticipant("last", at: barrier) {
        if failing != .lockAfterSleep { faults_fail(failing.call, error, EBUSY, 1) }
        return try barrier.wait()
      }
      _ = (sleeper.result, last.result)
    }
    #expect(
      exit.said.contains(
        "Fatal error: \(failing.name) failed: \(String(cString: strerror(error))) (error \(error))"))
  }

  /// rule 17, rule 12: nobody is left waiting for a time that nobody keeps.
  @Test func whereNoThreadCanBeStartedATaskWithATimeoutBreaksTheBarrier() async {
    await #expect(processExitsWith: .success) {
      let story = ThreadParticipant("story") {
        expectThatTimekeepingFailsAndComesBack(
          without: { faults_fail(call_create, EAGAIN, 0, .max) }, with: { faults_fail(call_create, 0, 0, 0) })
      }
      _ = story.result
    }
  }

  // MARK: The wall clock

  /// rule 15
  @Test func aWallClockThatJumpsMovesNoTimeout() async {
    await #expect(processExitsWith: .success) {
      faults_make_wall_clock_jump()
      for kind in Kind.allCases {
        for strategy in [WaitStrategy.adaptive, .parking] {
          expectTimeoutsInTime(for: kind, strategy)
        }
      }
      #expect(faults_wall_clock_readings() == 0, "nobody read the wall clock")
      // It does jump, and it is noticed who looks.
      let (one, other) = (wallClock(), wallClock())
      #expect(abs(one - other) > 1800, "the wall clock jumps")
      #expect(faults_wall_clock_readings() == 2, "its readings are counted")
    }
  }

  /// rule 15: a sleep by the wrong clock would be over at once, again and again.
  @Test func whoWaitsWithATimeoutSleepsUntilThen() async {
    await #expect(processExitsWith: .success) {
      faults_make_wall_clock_jump()
      let barrier = ThreadBarrier(parties: 2, strategy: .parking)
      let alone = ThreadParticipant("alone", at: barrier) {
        let outcome = Outcome { try barrier.wait(timeout: .milliseconds(50)) }
        #expect(outcome.barrierError?.reason == .timedOut, "\(outcome)")
        return faults_calls_of_this_thread(call_timed_sleep)
      }
      let sleeps = (try? alone.result.get()) ?? .max
      #expect((1...10).contains(sleeps), "\(sleeps) sleeps")
    }
  }
}

/// Five regulars at a barrier of three, who abort, reset and give up, now and then.
private func turmoil(of cast: ParticipantMix, _ dice: Dice, _ strategy: WaitStrategy) {
  let barrier = ThreadBarrier(parties: 3, strategy: strategy) { phase in
    if phase.isMultiple(of: 7) { throw Fault("action of phase \(phase)") }
  }
  let isOver = Counter()
  let guests = cast.kinds(5).enumerated().map { index, kind in
    kind.regular("regular \(index)", at: barrier) { soFar in
      let number = dice.thrown(soFar.count * 5 + index)
      if let last = soFar.last, last.arrival == nil, number % 2 == 0 { barrier.reset() }
      switch number / 2 % 24 {
      case 0: barrier.abort(Fault("step \(soFar.count)"))
      case 1: barrier.reset()
      default: break
      }
      // In this order: whoever resets the barrier last aborts it after that, and nobody is left behind.
      guard isOver.now == 0, soFar.count < 40 else {
        isOver.add()
        barrier.abort(Fault("the end"))
        return nil
      }
      return switch number / 48 % 6 {
      case 0: .timeout(.zero)
      case 1, 2: .timeout(.microseconds(1 + number / 288 % 500))
      case 3: .timeout(.seconds(1 << 20))
      default: .own
      }
    }
  }
  expectAllOrNone(guests.flatMap { (try? $0.result.get()) ?? [] }, parties: 3)
  #expect(barrier.isBroken, "\(barrier)")
}

/// Numbers that follow from a seed: the same for the same throw (SplitMix64).
private struct Dice: Sendable {
  let seed: UInt64

  func thrown(_ number: Int) -> Int {
    var mixed = seed &* 0xd134_2543_de82_ef95 &+ UInt64(number) &* 0x9e37_79b9_7f4a_7c15
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((mixed ^ (mixed >> 31)) >> 1)
  }
}

/// What the wall clock shows, in seconds.
private func wallClock() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return time.tv_sec
}
