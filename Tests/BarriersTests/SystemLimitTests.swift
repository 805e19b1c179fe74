import CFaults
import Foundation
import Testing

@testable import Barriers

#if os(Linux)
/// What the system may do to a process: limit its threads and processor time, stop it, set the clock.
struct SystemLimitTests {
  // MARK: Threads

  private static let canStopThreads = limits_can_stop_threads()

  /// rule 17, rule 12: no party waits for a timeout that cannot happen.
  @Test(.enabled(if: canStopThreads, "The number of threads cannot be limited here."))
  func atTheThreadLimitATimedWaitOfATaskBreaksTheBarrier() async {
    await #expect(processExitsWith: .success) {
      let scenario = ThreadParticipant("scenario") {
        expectTimerThreadFailureAndRecovery(
          preventingThreads: { #expect(limit_threads(1)) },
          allowingThreads: { #expect(unlimit_threads()) })
      }
      _ = scenario.result
    }
  }

  /// rule 26
  @Test(.enabled(if: canStopThreads, "The number of threads cannot be limited here."))
  func aTeamBeyondTheThreadLimitThrowsThreadStartError() async {
    await #expect(processExitsWith: .success) {
      let started = Counter()
      let caller = ThreadParticipant("caller") {
        #expect(limit_threads(100))
        try withThreadTeam(size: 1_000_000) { _ in started.add() }
      }
      guard case .failure(let error as ThreadStartError) = caller.result else {
        throw Fault("\(caller.result)")
      }
      #expect((0..<100).contains(error.index) && error.size == 1_000_000, "\(error)")
      #expect(error.errorNumber == EAGAIN && started.now == 0, "\(error)")
    }
  }

  // MARK: Processors

  /// rule 2, rule 3, rule 20
  @Test(arguments: ParticipantMix.allCases) func onOneProcessorPhasesComplete(mix: ParticipantMix) async {
    await #expect(processExitsWith: .success) { [mix] in
      try #require(limit_processors_to_one())
      #expect(WaitPolicy.usableProcessors == 1, "\(WaitPolicy.usableProcessors) processors")
      expectPhases(of: mix)
    }
  }

  /// rule 2, rule 3, rule 20
  @Test(
    .enabled(if: QuotaGroup.canBeCreated, "No control group with a quota can be created here."),
    arguments: ParticipantMix.allCases)
  func withAQuotaOfHalfAProcessorPhasesComplete(mix: ParticipantMix) async throws {
    let group = try #require(QuotaGroup.create())
    defer { group.remove() }
    await #expect(processExitsWith: .success) { [mix, folder = group.folder as String] in
      try QuotaGroup.enter(folder)
      #expect(WaitPolicy.usableProcessors == 1, "\(WaitPolicy.usableProcessors) processors")
      expectPhases(of: mix)
    }
  }

  // MARK: Stopped processes

  /// rule 15, rule 1
  @Test func aTimeoutThatPassesWhileTheProcessIsStoppedBreaksThePhase() async {
    await #expect(processExitsWith: .success) {
      let (later, sooner) = (ThreadBarrier(parties: 4), ThreadBarrier(parties: 4))
      let deadline = ContinuousClock.now + .milliseconds(120)
      let longWaiters = ParticipantKind.allCases.map {
        $0.participant("long waiter", at: later, .timeout(.seconds(3600)))
      }
      let timedWaiters = ParticipantKind.allCases.map {
        $0.participant("timed waiter", at: sooner, .until(deadline))
      }
      eventually { later.waitingCount == 3 && (sooner.waitingCount == 3 || sooner.isBroken) }
      repeat { #expect(stop_for_a_moment(), "stopped") } while ContinuousClock.now <= deadline
      // A participant that arrived too late was refused with the same error.
      let outcomes = timedWaiters.map { $0.result }
      #expect(outcomes.allSatisfy { $0.barrierError?.reason == .timedOut }, "\(outcomes)")
      expectAllOrNone(outcomes, parties: 4)
      #expect(sooner.isBroken && !later.isBroken, "\(sooner), \(later)")
      expect(ParticipantKind.thread.participant("last", at: later).result, completed: 0, index: 3, of: later)
      for participant in longWaiters { expect(participant.result, completed: 0, of: later) }
      sooner.reset()
      expectArrivals(of: ArrivalOrder("mixed", .thread, .workItem, .task, .task), at: sooner, phase: 1)
    }
  }

  /// rule 1, rule 2, rule 14
  @Test(arguments: ParticipantMix.allCases)
  func phasesContinueAfterTheProcessWasStopped(mix: ParticipantMix) async {
    await #expect(processExitsWith: .success) { [mix] in
      let barrier = ThreadBarrier(parties: 3)
      let (passed, isOver) = (Counter(), Counter())
      let participants = mix.kinds(3).enumerated().map { index, kind in
        kind.repeatingParticipant(at: barrier) { soFar in
          if soFar.last?.arrival != nil { passed.add() }
          if barrier.isBroken { barrier.reset() }
          // In this order, so that a participant that resets the barrier last aborts it afterwards.
          guard isOver.now == 0 else {
            barrier.abort(Fault("the end"))
            return nil
          }
          return index == 0 ? .defaultTimeout : .timeout(.milliseconds(20))
        }
      }
      for _ in 0..<3 {
        #expect(stop_for_a_moment(), "stopped")
        let before = passed.now
        eventually { passed.now > before + 20 }
      }
      isOver.add()
      let outcomes = participants.flatMap { (try? $0.result.get()) ?? [] }
      expectAllOrNone(outcomes, parties: 3)
    }
  }

  // MARK: The wall clock

  private static let isAskedToSetClock =
    ProcessInfo.processInfo.environment["BARRIERS_TEST_SET_CLOCK"] == "1"

  /// rule 15: sets the real clock, which disturbs all other processes of this machine.
  @Test(
    .enabled(if: isAskedToSetClock, "BARRIERS_TEST_SET_CLOCK=1 lets this test set the machine's clock."),
    .enabled(if: WallClock.canBeSet, "This process may not set the clock."))
  func settingTheClockDoesNotChangeTimeouts() async throws {
    let clock = WallClock()
    defer { clock.restore() }
    let isOver = Counter()
    let setter = ThreadParticipant("setter") {
      for turn in 0... where isOver.now == 0 {
        clock.move(by: turn.isMultiple(of: 2) ? 3600 : -3600)
        usleep(1_000)  // a rate, not a synchronization: this is often enough
      }
      clock.restore()
    }
    // In its own process, so that the clock is restored even if it hangs.
    await #expect(processExitsWith: .success) {
      for kind in ParticipantKind.allCases {
        for strategy in [WaitStrategy.adaptive, .parking] { expectAccurateTimeouts(for: kind, strategy) }
      }
    }
    isOver.add()
    _ = try setter.result.get()
  }
}

/// Checks that phases complete, with few and with many parties, for each strategy.
private func expectPhases(of mix: ParticipantMix) {
  for strategy in [WaitStrategy.adaptive, .parking] {
    for parties in [2, 3, 8] {
      let (barrier, phases) = (ThreadBarrier(parties: parties, strategy: strategy), 50)
      let participants = mix.kinds(parties).enumerated().map { index, kind in
        kind.repeatingParticipant(at: barrier) { soFar in
          guard soFar.count < phases else { return nil }
          return index.isMultiple(of: 2) ? .defaultTimeout : .timeout(.seconds(3600))
        }
      }
      let outcomes = participants.flatMap { (try? $0.result.get()) ?? [] }
      #expect(outcomes.count == parties * phases, "all calls returned")
      #expect(outcomes.allSatisfy { $0.arrival != nil }, "all phases completed")
      expectAllOrNone(outcomes, parties: parties)
    }
  }
}

/// A control group with a quota of half a processor, inside the group of this process.
private struct QuotaGroup {
  let folder: String

  static let canBeCreated: Bool = {
    guard let group = QuotaGroup.create() else { return false }
    group.remove()
    return true
  }()

  /// Returns `nil` if the system does not allow it.
  static func create() -> QuotaGroup? {
    let memberships = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
    for line in memberships.split(separator: "\n") {
      // "number:controllers:/group"; version 2 names no controllers.
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 3, parts[1].isEmpty || parts[1].split(separator: ",").contains("cpu") else {
        continue
      }
      let name = "barriers-\(UUID().uuidString)"
      let group = QuotaGroup(
        folder: ["/sys/fs/cgroup", parts[1], parts[2], name].joined(separator: "/"))
      guard mkdir(group.folder, 0o755) == 0 else { continue }
      let (file, quota) =
        parts[1].isEmpty ? ("cpu.max", "50000 100000") : ("cpu.cfs_quota_us", "50000")
      if write(quota, to: "\(group.folder)/\(file)") { return group }
      group.remove()
    }
    return nil
  }

  /// Moves this process into the group.
  static func enter(_ folder: String) throws {
    try #require(write("\(getpid())", to: "\(folder)/cgroup.procs"))
  }

  /// Removes the group once its last process has exited.
  func remove() {
    eventually { rmdir(folder) == 0 || errno == ENOENT }
  }

  /// Writes into an existing file.
  private static func write(_ text: String, to path: String) -> Bool {
    (try? text.write(toFile: path, atomically: false, encoding: .utf8)) != nil
  }
}

/// The system's clock, and how far it is ahead of the monotonic clock.
private struct WallClock {
  private let lead: Int = nanoseconds(CLOCK_REALTIME) - nanoseconds(CLOCK_MONOTONIC)

  /// Whether this process has CAP_SYS_TIME, which is capability 25.
  static let canBeSet: Bool = {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
    return (line?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0) & 1 << 25 != 0
  }()

  /// Sets the clock to the correct time plus `seconds`.
  func move(by seconds: Int) {
    let now = Self.nanoseconds(CLOCK_MONOTONIC) + lead + seconds * 1_000_000_000
    var time = timespec(tv_sec: now / 1_000_000_000, tv_nsec: now % 1_000_000_000)
    #expect(clock_settime(CLOCK_REALTIME, &time) == 0)
  }

  func restore() {
    move(by: 0)
  }

  private static func nanoseconds(_ clock: clockid_t) -> Int {
    var time = timespec()
    clock_gettime(clock, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
#endif
