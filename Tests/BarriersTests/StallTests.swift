import CCounters
import CFaults
import Dispatch
import Foundation
import Testing

@testable import Barriers

/// Somebody has slept for long, and somebody else is told.
struct StallTests {
  // MARK: Reports

  /// rule 29
  @Test(arguments: Kind.allCases, [WaitStrategy.adaptive, .parking])
  func aLongSleepIsReportedOnceAPhase(kind: Kind, strategy: WaitStrategy) {
    let barrier = ThreadBarrier(parties: 2, strategy: strategy)
    let reports = Notes<BarrierSnapshot>()
    barrier.reportStalls(after: .milliseconds(20)) { reports.add($0) }
    for phase in 0..<3 as Range<UInt64> {
      let waiting = kind.participant("waiting", at: barrier)
      eventually { reports.all.count == Int(phase) + 1 }
      passing(.now + .milliseconds(60))
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
  @Test func whoSleptBeforeCountsToo() {
    let barrier = AsyncBarrier(parties: 2)
    let waiting = Kind.thread.participant("waiting", at: barrier.threadBarrier)
    eventually { barrier.snapshot().waiters.first.map { $0.duration > .milliseconds(50) } ?? false }
    let reports = Notes<BarrierSnapshot>()
    barrier.reportStalls(after: .milliseconds(20)) { reports.add($0) }
    eventually { reports.all.count == 1 }
    barrier.abort()
    _ = waiting.result
  }

  /// rule 29: the one who was told before is not told any more, nor kept.
  @Test func aNewReportTakesThePlaceOfTheOldOne() {
    final class Keepsake: Sendable {}
    weak var keepsake: Keepsake?
    let barrier = ThreadBarrier(parties: 2)
    let (first, second) = (Counter(), Counter())
    do {
      let own = Keepsake()
      keepsake = own
      barrier.reportStalls(after: .milliseconds(300)) { _ in withExtendedLifetime(own) { _ = first.add() } }
    }
    #expect(keepsake != nil)
    let waiting = Kind.thread.participant("waiting", at: barrier)
    eventually { barrier.waitingCount == 1 }
    waiting.fallsAsleep()
    barrier.reportStalls(after: .milliseconds(10)) { _ in second.add() }
    #expect(keepsake == nil)
    eventually { second.now == 1 }
    // A century is for ever.
    for forever in [Duration.seconds(1 << 40), .seconds(Int64.max)] {
      barrier.reportStalls(after: forever) { _ in first.add() }
    }
    passing(.now + .milliseconds(350))
    #expect(first.now == 0 && second.now == 1)
    barrier.abort()
    _ = waiting.result
  }

  /// rule 29: it has a thread of its own.
  @Test func aReportMayTakeItsTimeAndMayEndThePhase() {
    let hold = Gate()
    let slow = ThreadBarrier(parties: 2)
    slow.reportStalls(after: .zero) { _ in hold.pass() }
    let barrier = ThreadBarrier(parties: 2)
    barrier.reportStalls(after: .milliseconds(10)) { [weak barrier] in
      barrier?.abort(Fault("\($0.missingCount) missing"))
    }
    let stuck = Kind.task.participant("stuck", at: slow)
    eventually { hold.visitors == 1 }
    let waiting = Kind.allCases.map { kind in
      let guest = kind.participant("waiting", at: barrier)
      expect(
        guest.result, brokenBy: Cause(.aborted, by: Fault("1 missing"), phase: barrier.phase - 1, arrived: 1),
        at: barrier)
      barrier.reset()
      return guest
    }
    #expect(waiting.count == 3)
    hold.open()
    slow.abort()
    _ = stuck.result
  }

  /// rule 29: reports that take long do not fill the process with threads.
  @Test func oneReportIsMadeAtATime() {
    let hold = Gate()
    let barrier = ThreadBarrier(parties: 2, strategy: .parking)
    barrier.reportStalls(after: .zero) { _ in hold.pass() }
    for phase in 0..<20 as Range<UInt64> {
      let waiting = Kind.thread.participant("waiting", at: barrier)
      eventually { hold.visitors >= 1 && !barrier.snapshot().waiters.isEmpty }
      passing(.now + .milliseconds(10))
      expect(Kind.thread.participant("last", at: barrier).result, completed: phase, of: barrier)
      expect(waiting.result, completed: phase, of: barrier)
    }
    #expect(hold.visitors == 1)
    hold.open()
    let waiting = Kind.thread.participant("waiting", at: barrier)
    eventually { hold.visitors == 2 }
    barrier.abort()
    _ = waiting.result
  }

  /// rule 31, rule 15: who only tries falls not asleep, and nobody comes for that.
  @Test(.enabled(if: faults_work(), "Nothing can stand in front of the C library here."))
  func aTryIsNoSleep() throws {
    let barrier = ThreadBarrier(parties: 2, strategy: .parking)
    let reports = Counter()
    barrier.reportStalls(after: .zero) { _ in reports.add() }
    let hasty = ThreadParticipant("hasty", at: barrier) {
      let before = faults_calls_of_this_thread(call_create)
      for _ in 0..<100 {
        _ = try? barrier.wait(timeout: .zero)
        barrier.reset()
      }
      return faults_calls_of_this_thread(call_create) - before
    }
    #expect(try hasty.result.get() == 0)
    #expect(reports.now == 0)
  }

  /// rule 29, rule 15: both come in time.
  @Test(arguments: Kind.allCases) func aTimeoutAndAReportAreBothInTime(kind: Kind) {
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

  /// rule 29: nothing of ours runs while nobody waits, and a barrier may go at any time.
  @Test func whenNobodySleepsNoThreadOfOursRuns() async {
    await #expect(processExitsWith: .success) {
      let story = ThreadParticipant("story") {
        for _ in 0..<20 {
          let barrier = ThreadBarrier(parties: 2)
          let reports = Counter()
          barrier.reportStalls(after: .milliseconds(1)) { _ in reports.add() }
          let waiting = Kind.thread.participant("waiting", at: barrier)
          eventually { reports.now == 1 }
          expect(Kind.thread.participant("last", at: barrier).result, completed: 0, of: barrier)
          _ = waiting.result
        }
        #if os(Linux)
        eventually { ourThreads().isEmpty }
        #endif
      }
      _ = try story.result.get()
    }
  }

  /// rule 29, rule 23: where no thread can be started nothing is reported, and nobody is harmed.
  @Test(.enabled(if: faults_work(), "Nothing can stand in front of the C library here."))
  func whereNoThreadCanBeStartedNothingIsReportedAndNobodyIsHarmed() async {
    await #expect(processExitsWith: .success) {
      let barrier = ThreadBarrier(parties: 2, strategy: .parking)
      let reports = Counter()
      barrier.reportStalls(after: .milliseconds(1)) { _ in reports.add() }
      let waiting = ThreadParticipant("waiting", at: barrier) {
        faults_fail(call_create, EAGAIN, 0, .max)
        return try barrier.wait()
      }
      eventually { barrier.waitingCount == 1 }
      waiting.fallsAsleep()
      passing(.now + .milliseconds(50))
      #expect(!barrier.isBroken && reports.now == 0)
      expect(Kind.thread.participant("last", at: barrier).result, completed: 0, of: barrier)
      expect(waiting.result, completed: 0, of: barrier)
      // Another who falls asleep has it reported, be it in the same phase.
      let three = ThreadBarrier(parties: 3, strategy: .parking)
      three.reportStalls(after: .milliseconds(1)) { _ in reports.add() }
      let first = ThreadParticipant("first", at: three) {
        faults_fail(call_create, EAGAIN, 0, .max)
        return try three.wait()
      }
      eventually { three.waitingCount == 1 }
      first.fallsAsleep()
      passing(.now + .milliseconds(50))
      #expect(reports.now == 0)
      let second = Kind.thread.participant("second", at: three)
      eventually { reports.now == 1 }
      three.abort()
      _ = (first.result, second.result)
    }
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
      let waiting = [barrier, own].map { Kind.thread.participant("waiting", at: $0) }
      eventually { reports.now == 1 }
      passing(.now + .milliseconds(200))
      barrier.abort()
      own.abort()
      for guest in waiting { _ = guest.result }
    }
    let start =
      "BARRIERS_STALL_SECONDS: barrier \"halo\", phase 0: 1 of 2 parties has arrived, 1 is missing\n"
    #expect(exit.said.contains(start + "  1 thread has slept for 0."), "\(exit.said)")
    #expect(exit.said.contains(" s at BarriersTests/Mixture.swift:"))
    #expect(!exit.said.contains("own"))
  }

  /// rule 29
  @Test(arguments: ["soon", "-1", "0", "inf", "nan"]) func aNumberThatIsNoneIsToldOf(text: String) async {
    let exit = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) { [text] in
      setenv("BARRIERS_STALL_SECONDS", text, 1)
      for _ in 0..<2 { #expect(ThreadBarrier(parties: 2).snapshot().missingCount == 2) }
    }
    #expect(
      exit.said.contains(
        "BARRIERS_STALL_SECONDS is \"\(text)\": give a number of seconds above 0, such as 5. No stalls are reported."
      ))
    #expect(exit.said.ranges(of: "BARRIERS_STALL_SECONDS").count == 1, "once: \(exit.said)")
  }

  @Test(arguments: ["", "1e300"]) func noneAndForEverReportNothing(text: String) async {
    let exit = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) { [text] in
      setenv("BARRIERS_STALL_SECONDS", text, 1)
      let barrier = ThreadBarrier(parties: 2)
      let waiting = Kind.thread.participant("waiting", at: barrier)
      passing(.now + .milliseconds(50))
      barrier.abort()
      _ = waiting.result
    }
    #expect(!exit.said.contains("BARRIERS_STALL_SECONDS"))
  }

  // MARK: Likely causes

  /// rule 30, in a process of its own: it blocks the pool.
  @Test func whoBlocksThreadsOfTheCooperativePoolIsRecognised() async {
    await #expect(processExitsWith: .success) {
      let parties = ProcessInfo.processInfo.activeProcessorCount + 1
      let barrier = ThreadBarrier(parties: parties)
      // Not on a thread of the pool itself.
      let story = TaskParticipant("story") {
        for _ in 0..<parties { Task { try? blockingWait(at: barrier) } }
        eventually { barrier.snapshot().waiters.count == parties - 1 }
        defer { barrier.abort() }
        return barrier.snapshot()
      }
      let snapshot = try await story.left().get()
      #expect(snapshot.missingCount == 1)
      let cause = try #require(snapshot.likelyCause)
      let verb = parties == 2 ? "thread belongs" : "threads belong"
      #expect(cause.hasPrefix("\(parties - 1) waiting \(verb) to Swift's cooperative pool"), "\(snapshot)")
      #expect(cause.hasSuffix("in tasks, await AsyncBarrier(sharing:).wait()"), "\(snapshot)")
      #expect("\(snapshot)".hasSuffix("\n  likely cause: \(cause)"))
    }
  }

  enum Items: String, CaseIterable, Codable, Sendable {
    case global, concurrent, perform, serial, main

    /// Starts as many work items as there are parties.
    func start(_ parties: Int, _ item: @escaping @Sendable () -> Void) {
      switch self {
      case .global: for _ in 0..<parties { DispatchQueue.global().async(execute: item) }
      case .concurrent:
        let queue = DispatchQueue(label: "render", attributes: .concurrent)
        for _ in 0..<parties { queue.async(execute: item) }
      case .perform:
        Thread.detachNewThread { DispatchQueue.concurrentPerform(iterations: parties) { _ in item() } }
      case .serial: for _ in 0..<parties { DispatchQueue(label: "render").async(execute: item) }
      case .main: Thread.detachNewThread(item)
      }
    }
  }

  /// rule 30: and serial queues are not mistaken for such a pool, though they share a name; nor are threads.
  @Test(arguments: Items.allCases) func whoBlocksThreadsOfDispatchIsRecognised(items: Items) async {
    await #expect(processExitsWith: .success) { [items] in
      let barrier = ThreadBarrier(parties: 1_000)
      items.start(6) { _ = try? barrier.wait() }
      eventually { barrier.snapshot().waiters.count >= (items == .main ? 1 : 2) }
      let snapshot = barrier.snapshot()
      barrier.abort()
      let queue = snapshot.waiters[0].queue
      switch items {
      case .serial: #expect(queue == "render" && snapshot.likelyCause == nil, "\(snapshot)")
      case .main: #expect(queue == nil && snapshot.likelyCause == nil, "\(snapshot)")
      case .global, .perform, .concurrent:
        #expect(
          items == .concurrent ? queue == "render" : queue?.hasPrefix("com.apple.root.") == true,
          "\(snapshot)")
        let cause = try #require(snapshot.likelyCause)
        #expect(
          cause.contains("waiting threads belong to Dispatch (queue \"\(queue ?? "")\")"), "\(snapshot)")
      }
    }
  }

  // MARK: What it does not cost

  /// rule 31: with reports turned on, a phase in which nobody sleeps takes no lock, and one in which somebody sleeps takes no
  /// more than without, and allocates nothing.
  @Test(.enabled(if: counters_work()), arguments: [1, 4])
  func reportsCostNothingToThoseWhoDoNotSleep(parties: Int) throws {
    let barrier = ThreadBarrier(parties: parties, strategy: .parking)
    let reports = Counter()
    barrier.reportStalls(after: .seconds(3600)) { _ in reports.add() }
    let phases = 1_000
    let costs = try crew(of: parties, at: barrier) { _ in
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

/// From a synchronous function the compiler does not see the task around it.
private func blockingWait(at barrier: ThreadBarrier) throws {
  try barrier.wait()
}

#if os(Linux)
/// The names of the threads that the library has started.
private func ourThreads() -> [String] {
  let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
  return threads.compactMap { try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8) }
    .filter { $0.hasPrefix("barriers-") }
}
#endif
