import CFaults
import Foundation
import Testing

@testable import Barriers

/// Failures of system functions release no party early and cause no early timeout.
///
/// Each test runs in its own process, where a failed expectation reports only its comment.
///
/// All random decisions follow from a seed, which is an argument of the test, so that a failure reports it.
/// The environment variable `BARRIERS_TEST_SEED` sets it. It does not determine how threads are scheduled.
@Suite(.enabled(if: faults_work(), "Calls to the C library cannot be intercepted here."))
struct FaultTests {
  static let seeds = [
    ProcessInfo.processInfo.environment["BARRIERS_TEST_SEED"].flatMap { UInt64($0) }
      ?? UInt64.random(in: 1..<1_000_000)
  ]

  // MARK: Sleeps that end early

  /// rule 23, rule 2, rule 3
  @Test(arguments: ParticipantMix.allCases, seeds)
  func spuriousWakeUpsReleaseNoParty(mix: ParticipantMix, seed: UInt64) async {
    await #expect(processExitsWith: .success) { [mix, seed] in
      faults_make_sleeps_bad(bad_sleeps(woken: 30, timed_out: 0, seed: seed))
      let parties = 4
      let (arrived, tooEarly, isOver) = (Counter(), Counter(), Counter())
      let barrier = ThreadBarrier(parties: parties, strategy: .parking) { phase in
        // Set in the action, so that all participants leave after the same phase.
        if phase >= 200 && faults_bad_sleeps() >= 50 || phase == 20_000 { isOver.add() }
      }
      let participants = mix.kinds(parties).enumerated().map { index, kind in
        kind.repeatingParticipant(at: barrier) { soFar in
          if arrived.now < soFar.count * parties { tooEarly.add() }
          guard isOver.now == 0 else { return nil }
          arrived.add()
          // An earlier deadline each time, so that the timer thread has to start a new sleep.
          return index == 0 ? .defaultTimeout : .timeout(.seconds(36_000 - soFar.count))
        }
      }
      let outcomes = participants.flatMap { (try? $0.result.get()) ?? [] }
      #expect(outcomes.count == parties * Int(barrier.phase), "all calls returned")
      #expect(outcomes.allSatisfy { $0.arrival != nil }, "all phases completed")
      expectAllOrNone(outcomes, parties: parties)
      #expect(tooEarly.now == 0, "no party left early")
      #expect(faults_bad_sleeps() >= 50, "\(faults_bad_sleeps()) bad sleeps")
    }
  }

  /// rule 1, rule 3, rule 4, rule 8, rule 12, rule 13, rule 14, rule 23
  @Test(arguments: ParticipantMix.allCases, seeds)
  func allOrNoneHoldsWhileSleepsEndEarly(mix: ParticipantMix, seed: UInt64) async {
    await #expect(processExitsWith: .success) { [mix, seed] in
      faults_make_sleeps_bad(bad_sleeps(woken: 30, timed_out: 30, seed: seed))
      var round: UInt64 = 0
      while (round < 6 || faults_bad_sleeps() < 200) && round < 200 {
        runChaos(of: mix, .init(seed: seed &+ round), round.isMultiple(of: 2) ? .parking : .adaptive)
        round += 1
      }
      #expect(faults_bad_sleeps() >= 200, "\(faults_bad_sleeps()) bad sleeps")
    }
  }

  /// rule 15, rule 23
  @Test(arguments: ParticipantMix.allCases, seeds)
  func sleepsThatTimeOutEarlyCauseNoEarlyTimeout(mix: ParticipantMix, seed: UInt64) async {
    await #expect(processExitsWith: .success) { [mix, seed] in
      faults_make_sleeps_bad(bad_sleeps(woken: 0, timed_out: 100, seed: seed))
      let kinds = mix.kinds(3)
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
      let longWaiters = kinds.map { $0.participant("long waiter", at: barrier) }
      eventually { barrier.waitingCount == 3 }
      let before = faults_bad_sleeps()
      eventually { faults_bad_sleeps() > before + 20 }
      #expect(!barrier.isBroken && longWaiters.allSatisfy { !$0.hasLeft }, "all still wait")
      let last = ParticipantKind.thread.participant("last", at: barrier)
      expect(last.result, completed: 0, index: 3, of: barrier)
      for participant in longWaiters { expect(participant.result, completed: 0, of: barrier) }
    }
  }

  /// rule 2, rule 23: between a party's unlock and its sleep, its phase and the next may end, and their
  /// broadcasts find it not yet asleep.
  @Test(arguments: [2, 3])
  func aPartyDelayedBeforeItsSleepIsStillReleased(parties: Int) async {
    await #expect(processExitsWith: .success) { [parties] in
      faults_make_unlocks_slow()
      let phases = 1_000
      let barrier = ThreadBarrier(parties: parties, strategy: .parking)
      let results = onThreads(parties, at: barrier) { _ in
        for _ in 0..<phases { try barrier.wait() }
      }
      #expect(results.allSatisfy { (try? $0.get()) != nil }, "all phases completed")
      #expect(barrier.phase == phases, "\(barrier)")
    }
  }

  // MARK: Calls that fail

  /// What `wait()` calls before a thread sleeps, or to wake sleeping threads.
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
  func anUnexpectedFailureTrapsWithTheNameOfTheCallAndItsError(failing: Failing, error: Int32) async {
    let exit = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [failing, error] in
      let barrier = ThreadBarrier(parties: 2, strategy: .parking)
      let waiter = ThreadParticipant("waiter", at: barrier) {
        switch failing {
        case .broadcast: break
        case .lockAfterSleep: faults_fail_after(failing.call, 1, error)
        case .lock, .sleep, .timedSleep: faults_fail(failing.call, error, EBUSY, 1)
        }
        return try failing == .timedSleep
          ? barrier.wait(timeout: .seconds(3600)) : barrier.wait()
      }
      eventually { barrier.waitingCount == 1 }
      waiter.waitUntilAsleep()
      let last = ThreadParticipant("last", at: barrier) {
        if failing != .lockAfterSleep { faults_fail(failing.call, error, EBUSY, 1) }
        return try barrier.wait()
      }
      _ = (waiter.result, last.result)
    }
    #expect(
      exit.standardErrorText.contains(
        "Fatal error: \(failing.name) failed: \(String(cString: strerror(error))) (error \(error))"))
  }

  /// rule 17, rule 12: no party waits for a timeout that cannot happen.
  @Test func withoutATimerThreadATimedWaitOfATaskBreaksTheBarrier() async {
    await #expect(processExitsWith: .success) {
      let scenario = ThreadParticipant("scenario") {
        expectTimerThreadFailureAndRecovery(
          preventingThreads: { faults_fail(call_create, EAGAIN, 0, .max) },
          allowingThreads: { faults_fail(call_create, 0, 0, 0) })
      }
      _ = scenario.result
    }
  }

  // MARK: Suspensions

  /// rule 15: noticed at the end of the sleep, which is ten seconds at most. Otherwise the watchdog ends
  /// this.
  @Test(arguments: ParticipantMix.allCases)
  func aDeadlineThatPassedDuringASuspensionBreaksThePhase(mix: ParticipantMix) async {
    await #expect(processExitsWith: .success) { [mix] in
      let barriers = mix.kinds(3).map { _ in ThreadBarrier(parties: 2, strategy: .parking) }
      let waiting = zip(mix.kinds(3), barriers).map { kind, barrier in
        kind.participant("waiting", at: barrier, .timeout(.seconds(1800)))
      }
      for participant in waiting { participant.waitUntilAsleep() }
      faults_suspend(3600)
      for (participant, barrier) in zip(waiting, barriers) {
        expect(participant.result, brokenBy: Cause(.timedOut, arrived: 1), at: barrier, isOrigin: true)
      }
    }
  }

  // MARK: The wall clock

  /// rule 15
  @Test func jumpsOfTheWallClockDoNotChangeTimeouts() async {
    await #expect(processExitsWith: .success) {
      faults_make_wall_clock_jump()
      for kind in ParticipantKind.allCases {
        for strategy in [WaitStrategy.adaptive, .parking] {
          expectAccurateTimeouts(for: kind, strategy)
        }
      }
      #expect(faults_wall_clock_readings() == 0, "the wall clock is never read")
      // The wall clock does jump, and its readings are counted.
      let (one, other) = (wallClock(), wallClock())
      #expect(abs(one - other) > 1800, "the wall clock jumps")
      #expect(faults_wall_clock_readings() == 2, "its readings are counted")
    }
  }

  /// rule 15: sleeps on the wrong clock would end at once, so a party would need many of them.
  @Test func aTimedWaitNeedsFewSleeps() async {
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

/// Five participants at a barrier of three, which occasionally abort, reset and time out.
private func runChaos(of mix: ParticipantMix, _ random: SeededRandom, _ strategy: WaitStrategy) {
  let barrier = ThreadBarrier(parties: 3, strategy: strategy) { phase in
    if phase.isMultiple(of: 7) { throw Fault("action of phase \(phase)") }
  }
  let isOver = Counter()
  let participants = mix.kinds(5).enumerated().map { index, kind in
    kind.repeatingParticipant("participant \(index)", at: barrier) { soFar in
      let number = random.number(at: soFar.count * 5 + index)
      if let last = soFar.last, last.arrival == nil, number % 2 == 0 { barrier.reset() }
      switch number / 2 % 24 {
      case 0: barrier.abort(Fault("step \(soFar.count)"))
      case 1: barrier.reset()
      default: break
      }
      // In this order, so that a participant that resets the barrier last aborts it afterwards.
      guard isOver.now == 0, soFar.count < 40 else {
        isOver.add()
        barrier.abort(Fault("the end"))
        return nil
      }
      return switch number / 48 % 6 {
      case 0: .timeout(.zero)
      case 1, 2: .timeout(.microseconds(1 + number / 288 % 500))
      case 3: .timeout(.seconds(1 << 20))
      default: .defaultTimeout
      }
    }
  }
  expectAllOrNone(participants.flatMap { (try? $0.result.get()) ?? [] }, parties: 3)
  #expect(barrier.isBroken, "\(barrier)")
}

/// Random numbers that depend only on the seed and the index (SplitMix64).
private struct SeededRandom: Sendable {
  let seed: UInt64

  func number(at index: Int) -> Int {
    var mixed = seed &* 0xd134_2543_de82_ef95 &+ UInt64(index) &* 0x9e37_79b9_7f4a_7c15
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((mixed ^ (mixed >> 31)) >> 1)
  }
}

/// The wall-clock time in seconds.
private func wallClock() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return time.tv_sec
}
