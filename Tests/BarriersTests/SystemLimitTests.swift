import CFaults
import Foundation
import Testing

@testable import Barriers

#if os(Linux)
/// What the system may do to a whole process: give it few threads or little time, stop it, set its clock.
struct SystemLimitTests {
  // MARK: Threads

  private static let canStopThreads = limits_can_stop_threads()

  /// rule 17, rule 12: nobody is left waiting for a time that nobody keeps.
  @Test(.enabled(if: canStopThreads, "The number of threads cannot be limited here."))
  func atTheLimitOfThreadsATaskWithATimeoutBreaksTheBarrier() async {
    await #expect(processExitsWith: .success) {
      let story = ThreadParticipant("story") {
        expectThatTimekeepingFailsAndComesBack(
          without: { #expect(limit_threads(1)) }, with: { #expect(unlimit_threads()) })
      }
      _ = story.result
    }
  }

  /// rule 26
  @Test(.enabled(if: canStopThreads, "The number of threads cannot be limited here."))
  func aTeamOfAMillionSaysWhatCannotBeHad() async {
    await #expect(processExitsWith: .success) {
      let begun = Counter()
      let caller = ThreadParticipant("caller") {
        #expect(limit_threads(100))
        try withThreadTeam(size: 1_000_000) { _ in begun.add() }
      }
      guard case .failure(let error as ThreadStartError) = caller.result else {
        throw Fault("\(caller.result)")
      }
      #expect((0..<100).contains(error.index) && error.size == 1_000_000, "\(error)")
      #expect(error.errorNumber == EAGAIN && begun.now == 0, "\(error)")
    }
  }

  // MARK: Processors

  /// rule 2, rule 3, rule 20
  @Test(arguments: ParticipantMix.allCases) func onOneProcessorPhasesComplete(cast: ParticipantMix) async {
    await #expect(processExitsWith: .success) { [cast] in
      try #require(limit_processors_to_one())
      #expect(WaitPolicy.usableProcessors == 1, "\(WaitPolicy.usableProcessors) processors")
      expectPhases(of: cast)
    }
  }

  /// rule 2, rule 3, rule 20
  @Test(
    .enabled(if: QuotaGroup.canBeMade, "No control group with a quota can be made here."),
    arguments: ParticipantMix.allCases)
  func withAQuotaOfHalfAProcessorPhasesComplete(cast: ParticipantMix) async throws {
    let group = try #require(QuotaGroup.make())
    defer { group.remove() }
    await #expect(processExitsWith: .success) { [cast, folder = group.folder as String] in
      try QuotaGroup.enter(folder)
      #expect(WaitPolicy.usableProcessors == 1, "\(WaitPolicy.usableProcessors) processors")
      expectPhases(of: cast)
    }
  }

  // MARK: Stops

  /// rule 15, rule 1
  @Test func aTimeoutThatPassesWhileTheProcessIsStoppedHasPassed() async {
    await #expect(processExitsWith: .success) {
      let (patient, hasty) = (ThreadBarrier(parties: 4), ThreadBarrier(parties: 4))
      let deadline = ContinuousClock.now + .milliseconds(120)
      let patients = Kind.allCases.map { $0.participant("patient", at: patient, .timeout(.seconds(3600))) }
      let hurried = Kind.allCases.map { $0.participant("hasty", at: hasty, .until(deadline)) }
      eventually { patient.waitingCount == 3 && (hasty.waitingCount == 3 || hasty.isBroken) }
      repeat { #expect(stop_for_a_moment(), "stopped") } while ContinuousClock.now <= deadline
      // Whoever was too slow to arrive in time was refused.
      let late = hurried.map { $0.result }
      #expect(late.allSatisfy { $0.barrierError?.reason == .timedOut }, "\(late)")
      expectAllOrNone(late, parties: 4)
      #expect(hasty.isBroken && !patient.isBroken, "\(hasty), \(patient)")
      expect(Kind.thread.participant("last", at: patient).result, completed: 0, index: 3, of: patient)
      for guest in patients { expect(guest.result, completed: 0, of: patient) }
      hasty.reset()
      expectMeeting(of: Mixture("mixed", .thread, .workItem, .task, .task), at: hasty, phase: 1)
    }
  }

  /// rule 1, rule 2, rule 14
  @Test(arguments: ParticipantMix.allCases) func phasesGoOnAfterTheProcessWasStopped(cast: ParticipantMix)
    async
  {
    await #expect(processExitsWith: .success) { [cast] in
      let barrier = ThreadBarrier(parties: 3)
      let (passed, isOver) = (Counter(), Counter())
      let guests = cast.kinds(3).enumerated().map { index, kind in
        kind.regular(at: barrier) { soFar in
          if soFar.last?.arrival != nil { passed.add() }
          if barrier.isBroken { barrier.reset() }
          // In this order: whoever resets the barrier last aborts it after that.
          guard isOver.now == 0 else {
            barrier.abort(Fault("the end"))
            return nil
          }
          return index == 0 ? .own : .timeout(.milliseconds(20))
        }
      }
      for _ in 0..<3 {
        #expect(stop_for_a_moment(), "stopped")
        let before = passed.now
        eventually { passed.now > before + 20 }
      }
      isOver.add()
      let outcomes = guests.flatMap { (try? $0.result.get()) ?? [] }
      expectAllOrNone(outcomes, parties: 3)
    }
  }

  // MARK: The wall clock

  private static let isAskedToSetClock =
    ProcessInfo.processInfo.environment["BARRIERS_TEST_SET_CLOCK"] == "1"

  /// rule 15: it really is set, which disturbs whatever else runs on this machine.
  @Test(
    .enabled(if: isAskedToSetClock, "BARRIERS_TEST_SET_CLOCK=1 lets this test set the machine's clock."),
    .enabled(if: WallClock.canBeSet, "This process may not set the clock."))
  func settingTheClockMovesNoTimeout() async throws {
    let clock = WallClock()
    defer { clock.restore() }
    let isOver = Counter()
    let setter = ThreadParticipant("setter") {
      for turn in 0... where isOver.now == 0 {
        clock.move(by: turn.isMultiple(of: 2) ? 3600 : -3600)
        usleep(1_000)  // waits for nothing: as often as this is often enough
      }
      clock.restore()
    }
    // In a process of its own: should it stall, the clock is restored all the same.
    await #expect(processExitsWith: .success) {
      for kind in Kind.allCases {
        for strategy in [WaitStrategy.adaptive, .parking] { expectTimeoutsInTime(for: kind, strategy) }
      }
    }
    isOver.add()
    _ = try setter.result.get()
  }
}

/// Checks that phases complete, with few and with many parties, whichever way they wait.
private func expectPhases(of cast: ParticipantMix) {
  for strategy in [WaitStrategy.adaptive, .parking] {
    for parties in [2, 3, 8] {
      let (barrier, phases) = (ThreadBarrier(parties: parties, strategy: strategy), 50)
      let guests = cast.kinds(parties).enumerated().map { index, kind in
        kind.regular(at: barrier) { soFar in
          guard soFar.count < phases else { return nil }
          return index.isMultiple(of: 2) ? .own : .timeout(.seconds(3600))
        }
      }
      let outcomes = guests.flatMap { (try? $0.result.get()) ?? [] }
      #expect(outcomes.count == parties * phases, "all left")
      #expect(outcomes.allSatisfy { $0.arrival != nil }, "all passed")
      expectAllOrNone(outcomes, parties: parties)
    }
  }
}

/// A control group that pays for half a processor, beneath the one that this process belongs to.
private struct QuotaGroup {
  let folder: String

  static let canBeMade: Bool = {
    guard let group = QuotaGroup.make() else { return false }
    group.remove()
    return true
  }()

  /// `nil` if there can be none.
  static func make() -> QuotaGroup? {
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

  /// This process becomes a member.
  static func enter(_ folder: String) throws {
    try #require(write("\(getpid())", to: "\(folder)/cgroup.procs"))
  }

  /// Once its last member is gone.
  func remove() {
    eventually { rmdir(folder) == 0 || errno == ENOENT }
  }

  /// Into a file that is there.
  private static func write(_ text: String, to path: String) -> Bool {
    (try? text.write(toFile: path, atomically: false, encoding: .utf8)) != nil
  }
}

/// The machine's clock, and what it shows ahead of one that only goes forward.
private struct WallClock {
  private let lead: Int = nanoseconds(CLOCK_REALTIME) - nanoseconds(CLOCK_MONOTONIC)

  /// Whether this process has the capability, the 25th.
  static let canBeSet: Bool = {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
    return (line?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0) & 1 << 25 != 0
  }()

  /// Sets it so many seconds away from what is right.
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
