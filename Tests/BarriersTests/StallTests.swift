import CCounters
import CFaults
import Dispatch
import Foundation
import Testing

@testable import Barriers

/// Reports of parties that have waited too long.
struct StallTests {
  // MARK: Reports

  /// rule 29
  @Test(arguments: ParticipantKind.allCases, [WaitStrategy.adaptive, .parking])
  func aLongWaitIsReportedOnceAPhase(kind: ParticipantKind, strategy: WaitStrategy) {
    let barrier = ThreadBarrier(parties: 2, strategy: strategy)
    let reports = SharedLog<BarrierSnapshot>()
    barrier.reportStalls(after: .milliseconds(20)) { reports.add($0) }
    for phase in 0..<3 as Range<UInt64> {
      let waiting = kind.participant("waiting", at: barrier)
      eventually { reports.all.count == Int(phase) + 1 }
      waitPast(.now + .milliseconds(60))
      expect(
        ThreadParticipant("last", at: barrier) { try barrier.wait() }.result, completed: phase, of: barrier)
      expect(waiting.result, completed: phase, of: barrier)
      let snapshot = reports.all[Int(phase)]
      #expect(snapshot.phase == phase && snapshot.arrived == 1 && snapshot.missingCount == 1)
      #expect(snapshot.waiters.map(\.kind) == [kind == .task ? .task : .thread])
      #expect(snapshot.waiters[0].duration >= .milliseconds(20))
    }
    #expect(reports.all.count == 3)
  }

  /// rule 29
  @Test func aWaitThatBeganBeforeReportingIsReported() {
    let barrier = AsyncBarrier(parties: 2)
    let waiting = ParticipantKind.thread.participant("waiting", at: barrier.threadBarrier)
    eventually { barrier.snapshot().waiters.first.map { $0.duration > .milliseconds(50) } ?? false }
    let reports = SharedLog<BarrierSnapshot>()
    barrier.reportStalls(after: .milliseconds(20)) { reports.add($0) }
    eventually { reports.all.count == 1 }
    barrier.abort()
    _ = waiting.result
  }

  /// rule 29: the earlier closure is not called anymore, and is released.
  @Test func aNewReportReplacesTheEarlierOne() {
    final class Captured: Sendable {}
    weak var captured: Captured?
    let barrier = ThreadBarrier(parties: 2)
    let (first, second) = (Counter(), Counter())
    do {
      let own = Captured()
      captured = own
      barrier.reportStalls(after: .milliseconds(300)) { _ in withExtendedLifetime(own) { _ = first.add() } }
    }
    #expect(captured != nil)
    let waiting = ParticipantKind.thread.participant("waiting", at: barrier)
    eventually { barrier.waitingCount == 1 }
    waiting.waitUntilAsleep()
    barrier.reportStalls(after: .milliseconds(10)) { _ in second.add() }
    #expect(captured == nil)
    eventually { second.now == 1 }
    // Practically never.
    for forever in [Duration.seconds(1 << 40), .seconds(Int64.max)] {
      barrier.reportStalls(after: forever) { _ in first.add() }
    }
    waitPast(.now + .milliseconds(350))
    #expect(first.now == 0 && second.now == 1)
    barrier.abort()
    _ = waiting.result
  }

  /// rule 29: each report runs on its own thread.
  @Test func aReportMayBlockAndMayEndThePhase() {
    let hold = Gate()
    let slow = ThreadBarrier(parties: 2)
    slow.reportStalls(after: .zero) { _ in hold.pass() }
    let barrier = ThreadBarrier(parties: 2)
    barrier.reportStalls(after: .milliseconds(10)) { [weak barrier] in
      barrier?.abort(Fault("\($0.missingCount) missing"))
    }
    let stuck = ParticipantKind.task.participant("stuck", at: slow)
    eventually { hold.arrivals == 1 }
    let waiting = ParticipantKind.allCases.map { kind in
      let participant = kind.participant("waiting", at: barrier)
      expect(
        participant.result,
        brokenBy: Cause(.aborted, by: Fault("1 missing"), phase: barrier.phase - 1, arrived: 1),
        at: barrier)
      barrier.reset()
      return participant
    }
    #expect(waiting.count == 3)
    hold.open()
    slow.abort()
    _ = stuck.result
  }

  /// rule 29: slow reports do not accumulate threads.
  @Test func atMostOneReportRunsAtATime() {
    let hold = Gate()
    let barrier = ThreadBarrier(parties: 2, strategy: .parking)
    barrier.reportStalls(after: .zero) { _ in hold.pass() }
    for phase in 0..<20 as Range<UInt64> {
      let waiting = ParticipantKind.thread.participant("waiting", at: barrier)
      eventually { hold.arrivals >= 1 && !barrier.snapshot().waiters.isEmpty }
      waitPast(.now + .milliseconds(10))
      expect(ParticipantKind.thread.participant("last", at: barrier).result, completed: phase, of: barrier)
      expect(waiting.result, completed: phase, of: barrier)
    }
    #expect(hold.arrivals == 1)
    hold.open()
    let waiting = ParticipantKind.thread.participant("waiting", at: barrier)
    eventually { hold.arrivals == 2 }
    barrier.abort()
    _ = waiting.result
  }

  /// rule 31, rule 15: a call with a zero timeout does not sleep, so it starts no timer thread.
  @Test(.enabled(if: faults_work(), "Calls to the C library cannot be intercepted here."))
  func aZeroTimeoutStartsNoTimerThread() throws {
    let barrier = ThreadBarrier(parties: 2, strategy: .parking)
    let reports = Counter()
    barrier.reportStalls(after: .zero) { _ in reports.add() }
    let timedWaiter = ThreadParticipant("timed waiter", at: barrier) {
      let before = faults_calls_of_this_thread(call_create)
      for _ in 0..<100 {
        _ = try? barrier.wait(timeout: .zero)
        barrier.reset()
      }
      return faults_calls_of_this_thread(call_create) - before
    }
    #expect(try timedWaiter.result.get() == 0)
    #expect(reports.now == 0)
  }

  /// rule 29, rule 15
  @Test(arguments: ParticipantKind.allCases)
  func aTimeoutAndAReportBothHappenInTime(kind: ParticipantKind) {
    for (patience, timeout) in [(10, 50), (50, 10)] {
      let barrier = ThreadBarrier(parties: 2)
      let reports = Counter()
      barrier.reportStalls(after: .milliseconds(patience)) { _ in reports.add() }
      let start = ContinuousClock.now
      let alone = kind.participant("alone", at: barrier, .timeout(.milliseconds(timeout)))
      expect(alone.result, brokenBy: Cause(.timedOut, arrived: 1), at: barrier, isOrigin: true)
      #expect(ContinuousClock.now - start >= .milliseconds(timeout), "not early")
      if patience < timeout { eventually { reports.now == 1 } }
      #expect(reports.now <= 1)
    }
  }

  /// rule 29: the library's threads end once no party waits, also if the barrier is released.
  @Test func noThreadOfTheLibraryRunsWhileNoPartyWaits() async {
    await #expect(processExitsWith: .success) {
      let scenario = ThreadParticipant("scenario") {
        for _ in 0..<20 {
          let barrier = ThreadBarrier(parties: 2)
          let reports = Counter()
          barrier.reportStalls(after: .milliseconds(1)) { _ in reports.add() }
          let waiting = ParticipantKind.thread.participant("waiting", at: barrier)
          eventually { reports.now == 1 }
          expect(ParticipantKind.thread.participant("last", at: barrier).result, completed: 0, of: barrier)
          _ = waiting.result
        }
        #if os(Linux)
        eventually { libraryThreads().isEmpty }
        #endif
      }
      _ = try scenario.result.get()
    }
  }

  /// rule 29, rule 23
  @Test(.enabled(if: faults_work(), "Calls to the C library cannot be intercepted here."))
  func withoutAThreadNothingIsReportedAndPhasesStillComplete() async {
    await #expect(processExitsWith: .success) {
      let barrier = ThreadBarrier(parties: 2, strategy: .parking)
      let reports = Counter()
      barrier.reportStalls(after: .milliseconds(1)) { _ in reports.add() }
      let waiting = ThreadParticipant("waiting", at: barrier) {
        faults_fail(call_create, EAGAIN, 0, .max)
        return try barrier.wait()
      }
      eventually { barrier.waitingCount == 1 }
      waiting.waitUntilAsleep()
      waitPast(.now + .milliseconds(50))
      #expect(!barrier.isBroken && reports.now == 0)
      expect(ParticipantKind.thread.participant("last", at: barrier).result, completed: 0, of: barrier)
      expect(waiting.result, completed: 0, of: barrier)
      // The next party that falls asleep causes the report, even in the same phase.
      let three = ThreadBarrier(parties: 3, strategy: .parking)
      three.reportStalls(after: .milliseconds(1)) { _ in reports.add() }
      let first = ThreadParticipant("first", at: three) {
        faults_fail(call_create, EAGAIN, 0, .max)
        return try three.wait()
      }
      eventually { three.waitingCount == 1 }
      first.waitUntilAsleep()
      waitPast(.now + .milliseconds(50))
      #expect(reports.now == 0)
      let second = ParticipantKind.thread.participant("second", at: three)
      eventually { reports.now == 1 }
      three.abort()
      _ = (first.result, second.result)
    }
  }

  // MARK: Stopping

  /// How to call `stopReportingStalls()`.
  enum Face: String, CaseIterable, Codable, Sendable {
    case threadBarrier, asyncBarrier

    func stopReportingStalls(of barrier: ThreadBarrier) {
      switch self {
      case .threadBarrier: barrier.stopReportingStalls()
      case .asyncBarrier: AsyncBarrier(sharing: barrier).stopReportingStalls()
      }
    }
  }

  /// rule 29
  @Test(arguments: ParticipantKind.allCases, Face.allCases)
  func afterStoppingALongWaitIsNotReported(kind: ParticipantKind, face: Face) {
    let barrier = ThreadBarrier(parties: 2)
    let (stopped, other) = (Counter(), Counter())
    barrier.reportStalls(after: .milliseconds(10)) { _ in stopped.add() }
    face.stopReportingStalls(of: barrier)
    face.stopReportingStalls(of: barrier)
    let waiting = kind.participant("waiting", at: barrier)
    eventually { barrier.snapshot().waiters.first.map { $0.duration > .milliseconds(60) } ?? false }
    #expect(stopped.now == 0)
    // A new report counts the whole wait.
    barrier.reportStalls(after: .milliseconds(10)) { _ in other.add() }
    eventually { other.now == 1 }
    expect(ParticipantKind.thread.participant("last", at: barrier).result, completed: 0, of: barrier)
    expect(waiting.result, completed: 0, of: barrier)
    #expect(stopped.now == 0)
  }

  /// rule 29
  @Test(arguments: ParticipantKind.allCases, Face.allCases)
  func stoppingDuringAWaitPreventsTheReportAndReleasesItsClosure(kind: ParticipantKind, face: Face) {
    final class Captured: Sendable {}
    weak var captured: Captured?
    let barrier = ThreadBarrier(parties: 2)
    let reports = Counter()
    do {
      let own = Captured()
      captured = own
      barrier.reportStalls(after: .milliseconds(300)) { _ in
        withExtendedLifetime(own) { _ = reports.add() }
      }
    }
    #expect(captured != nil)
    let waiting = kind.participant("waiting", at: barrier)
    eventually { barrier.waitingCount == 1 }
    waiting.waitUntilAsleep()
    let waitedSoFar = barrier.snapshot().waiters.first?.duration
    face.stopReportingStalls(of: barrier)
    // On a slow machine the report may have started before.
    if let waitedSoFar, waitedSoFar < .milliseconds(200), reports.now == 0 {
      #expect(captured == nil)
      eventually { barrier.snapshot().waiters.first.map { $0.duration > .milliseconds(350) } ?? false }
      #expect(reports.now == 0)
    }
    barrier.abort()
    _ = waiting.result
  }

  /// rule 29
  @Test(arguments: Face.allCases) func stoppingEndsTheReportsOfTheEnvironment(face: Face) async {
    let exit = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      [face] in
      setenv("BARRIERS_STALL_SECONDS", "0.02", 1)
      let barrier = ThreadBarrier(parties: 2, label: "stopped")
      let other = ThreadBarrier(parties: 2, label: "other")
      face.stopReportingStalls(of: barrier)
      let waiting = [barrier, other].map { ParticipantKind.thread.participant("waiting", at: $0) }
      for barrier in [barrier, other] {
        eventually { barrier.snapshot().waiters.first.map { $0.duration > .milliseconds(200) } ?? false }
      }
      barrier.abort()
      other.abort()
      for participant in waiting { _ = participant.result }
    }
    #expect(exit.standardErrorText.contains("BARRIERS_STALL_SECONDS: barrier \"other\", phase 0"))
    #expect(!exit.standardErrorText.contains("stopped"), "\(exit.standardErrorText)")
  }

  // MARK: The environment

  /// rule 29
  @Test func theEnvironmentTurnsReportsOnForEveryBarrier() async {
    let exit = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      setenv("BARRIERS_STALL_SECONDS", "0.02", 1)
      let barrier = ThreadBarrier(parties: 2, label: "halo")
      let own = ThreadBarrier(parties: 2, label: "own")
      let reports = Counter()
      own.reportStalls(after: .milliseconds(20)) { _ in reports.add() }
      let waiting = [barrier, own].map { ParticipantKind.thread.participant("waiting", at: $0) }
      eventually { reports.now == 1 }
      waitPast(.now + .milliseconds(200))
      barrier.abort()
      own.abort()
      for participant in waiting { _ = participant.result }
    }
    let start =
      "BARRIERS_STALL_SECONDS: barrier \"halo\", phase 0: 1 of 2 parties has arrived, 1 is missing\n"
    #expect(
      exit.standardErrorText.contains(start + "  1 thread has slept for "), "\(exit.standardErrorText)")
    #expect(exit.standardErrorText.contains(" ms at BarriersTests/ParticipantKind.swift:"))
    #expect(!exit.standardErrorText.contains("own"))
  }

  /// rule 29
  @Test(arguments: ["soon", "-1", "0", "inf", "nan"])
  func anInvalidNumberOfSecondsIsReportedOnce(text: String) async {
    let exit = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) { [text] in
      setenv("BARRIERS_STALL_SECONDS", text, 1)
      for _ in 0..<2 { #expect(ThreadBarrier(parties: 2).snapshot().missingCount == 2) }
    }
    #expect(
      exit.standardErrorText.contains(
        "BARRIERS_STALL_SECONDS is \"\(text)\": give a number of seconds above 0, such as 5. "
          + "No stalls are reported."))
    #expect(
      exit.standardErrorText.ranges(of: "BARRIERS_STALL_SECONDS").count == 1,
      "once: \(exit.standardErrorText)")
  }

  @Test(arguments: ["", "1e300"]) func anEmptyOrHugeNumberOfSecondsReportsNothing(text: String) async {
    let exit = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) { [text] in
      setenv("BARRIERS_STALL_SECONDS", text, 1)
      let barrier = ThreadBarrier(parties: 2)
      let waiting = ParticipantKind.thread.participant("waiting", at: barrier)
      waitPast(.now + .milliseconds(50))
      barrier.abort()
      _ = waiting.result
    }
    #expect(!exit.standardErrorText.contains("BARRIERS_STALL_SECONDS"))
  }

  // MARK: Likely causes

  /// rule 30. In its own process, because it blocks the pool.
  @Test func blockedThreadsOfTheCooperativePoolAreRecognized() async {
    await #expect(processExitsWith: .success) {
      let parties = ProcessInfo.processInfo.activeProcessorCount + 1
      let barrier = ThreadBarrier(parties: parties)
      // Not on a thread of the pool itself.
      let scenario = TaskParticipant("scenario") {
        for _ in 0..<parties { Task { try? blockingWait(at: barrier) } }
        eventually { barrier.snapshot().waiters.count == parties - 1 }
        defer { barrier.abort() }
        return barrier.snapshot()
      }
      let snapshot = try await scenario.left().get()
      #expect(snapshot.missingCount == 1)
      let cause = try #require(snapshot.likelyCause)
      let verb = parties == 2 ? "thread belongs" : "threads belong"
      #expect(cause.hasPrefix("\(parties - 1) waiting \(verb) to Swift's cooperative pool"), "\(snapshot)")
      #expect(cause.hasSuffix("in tasks, await AsyncBarrier(sharing:).wait()"), "\(snapshot)")
      #expect("\(snapshot)".hasSuffix("\n  likely cause: \(cause)"))
    }
  }

  enum Source: String, CaseIterable, Codable, Sendable {
    case globalQueue, concurrentQueue, concurrentPerform, serialQueues, thread

    /// Starts `count` work items; `thread` starts just one thread.
    func start(_ count: Int, _ item: @escaping @Sendable () -> Void) {
      switch self {
      case .globalQueue: for _ in 0..<count { DispatchQueue.global().async(execute: item) }
      case .concurrentQueue:
        let queue = DispatchQueue(label: "render", attributes: .concurrent)
        for _ in 0..<count { queue.async(execute: item) }
      case .concurrentPerform:
        Thread.detachNewThread { DispatchQueue.concurrentPerform(iterations: count) { _ in item() } }
      case .serialQueues: for _ in 0..<count { DispatchQueue(label: "render").async(execute: item) }
      case .thread: Thread.detachNewThread(item)
      }
    }
  }

  /// rule 30: neither a thread nor several serial queues of the same name are mistaken for a pool.
  @Test(arguments: Source.allCases) func blockedThreadsOfDispatchAreRecognized(source: Source) async {
    await #expect(processExitsWith: .success) { [source] in
      let barrier = ThreadBarrier(parties: 1_000)
      source.start(6) { _ = try? barrier.wait() }
      eventually { barrier.snapshot().waiters.count >= (source == .thread ? 1 : 2) }
      let snapshot = barrier.snapshot()
      barrier.abort()
      let queue = snapshot.waiters[0].queue
      switch source {
      case .serialQueues: #expect(queue == "render" && snapshot.likelyCause == nil, "\(snapshot)")
      case .thread: #expect(queue == nil && snapshot.likelyCause == nil, "\(snapshot)")
      case .globalQueue, .concurrentPerform, .concurrentQueue:
        #expect(
          source == .concurrentQueue ? queue == "render" : queue?.hasPrefix("com.apple.root.") == true,
          "\(snapshot)")
        let cause = try #require(snapshot.likelyCause)
        #expect(
          cause.contains("waiting threads belong to Dispatch (queue \"\(queue ?? "")\")"), "\(snapshot)")
      }
    }
  }

  // MARK: Cost

  /// rule 31: with reports turned on, a phase without sleep takes no lock. A phase with sleep takes no more
  /// locks than without reports, and allocates nothing.
  @Test(.enabled(if: counters_work()), arguments: [1, 4])
  func reportsAddNoLocksAndNoAllocations(parties: Int) throws {
    let barrier = ThreadBarrier(parties: parties, strategy: .parking)
    let reports = Counter()
    barrier.reportStalls(after: .seconds(3600)) { _ in reports.add() }
    let phases = 1_000
    let costs = try onThreads(parties, at: barrier) { _ in
      for _ in 0..<100 { try barrier.wait() }
      let before = counters_of_this_thread()
      for _ in 0..<phases { try barrier.wait() }
      return counters_of_this_thread() - before
    }.map { try $0.get() }
    #expect(costs.allSatisfy { $0.allocations == 0 })
    #expect(costs.map { $0.locks - $0.sleeps }.reduce(0, +) <= (parties == 1 ? 0 : parties * (phases + 1)))
    #expect(reports.now == 0)
  }
}

/// Synchronous, so that the compiler does not see the task and cannot reject the blocking wait.
private func blockingWait(at barrier: ThreadBarrier) throws {
  try barrier.wait()
}

#if os(Linux)
/// The names of the threads that the library has started.
private func libraryThreads() -> [String] {
  let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
  return threads.compactMap { try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8) }
    .filter { $0.hasPrefix("barriers-") }
}
#endif
