import CFaults
import Foundation
import Synchronization
import Testing

@testable import Barriers

/// Teams of threads: no member waits for one that has exited, and no thread outlives the call.
struct TeamTests {
  // MARK: Results and settings

  /// rule 25
  @Test(arguments: [1, 2, 5, 64]) func theResultsAreInTheOrderOfTheMembers(size: Int) throws {
    let team = try onCallerThread {
      try withThreadTeam(size: size) { member in
        let arrival = try member.wait()
        #expect(arrival.phase == 0 && (0..<size).contains(arrival.index))
        #expect(member.barrier.parties == size)
        return "result of \(member.index)"
      }
    }
    #expect(team == (0..<size).map { "result of \($0)" })
  }

  /// rule 27: an atomic cannot be copied, so it cannot escape.
  @Test func theBodyMayUseTheCallersLocals() throws {
    let sum = try onCallerThread {
      let sum = Atomic(0)
      try withThreadTeam(size: 8) { sum.wrappingAdd($0.index, ordering: .relaxed) }
      return sum.load(ordering: .relaxed)
    }
    #expect(sum == 28)
  }

  /// rule 6. ThreadSanitizer checks the order.
  @Test func whatMembersWroteIsVisibleToTheOthersAndToTheCaller() throws {
    final class Cell: @unchecked Sendable { var value = 0 }
    let size = 4
    let sums = try onCallerThread {
      let cells = (0..<size).map { _ in Cell() }
      let sum = { @Sendable in cells.reduce(0) { $0 + $1.value } }
      cells[0].value = 100
      let sums = try withThreadTeam(size: size) { member in
        cells[member.index].value += member.index
        try member.wait()
        let sum = sum()
        try member.wait()
        cells[member.index].value = 1
        return sum
      }
      return sums + [sum()]
    }
    #expect(sums == [106, 106, 106, 106, 4])
  }

  /// rule 7
  @Test func labelTimeoutStrategyAndActionArePassedToTheBarrier() throws {
    let phases = SharedLog<UInt64>()
    let results = try onCallerThread {
      try withThreadTeam(
        size: 3, label: "halo", timeout: .seconds(3600), strategy: .parking, action: { phases.add($0) }
      ) { member in
        for _ in 0..<10 { try member.wait() }
        return member.barrier.label
      }
    }
    #expect(results == ["halo", "halo", "halo"])
    #expect(phases.all == Array(0..<10))
    let error = failure {
      try withThreadTeam(size: 2, timeout: .milliseconds(1)) { member in
        if member.index == 0 { try member.wait() } else { eventually { member.barrier.isBroken } }
      }
    }
    let barrierError = try #require(error as? BrokenBarrierError)
    #expect(barrierError.reason == .timedOut && barrierError.isOrigin)
  }

  /// rule 27
  @Test(arguments: [
    ("halo" as String?, 11, "halo 11"), (nil, 2, "team 2"), ("", 0, "team 0"),
    ("a\0b", 3, "ab 3"), ("two\nlines", 1, "twolines 1"), ("👨‍👩‍👧‍👦 family", 0, "team 0"),
    ("a label longer than a name", 10, "a label long 10"), ("überlänglich", 0, "überlänglic 0"),
    ("äääääääää", 0, "ääääää 0"),
  ])
  func threadsAreNamedByLabelAndIndex(label: String?, index: Int, name: String) throws {
    let names = try onCallerThread {
      try withThreadTeam(size: index + 1, label: label) { _ in nameOfThisThread() }
    }
    #expect(names[index] == name)
  }

  /// The stack is as large as code usually expects, on every system.
  @Test func aMemberHasALargeStack() throws {
    let depths = try onCallerThread { try withThreadTeam(size: 2) { _ in nested(1_500) } }
    #expect(depths == [1_500, 1_500])
  }

  // MARK: Members that fail

  /// rule 25
  @Test(arguments: [2, 16]) func theErrorOfAMemberIsThrownAndTheOthersAreFreed(size: Int) throws {
    let causes = SharedLog<Fault>()
    let error = failure {
      try withThreadTeam(size: size, strategy: .parking) { member in
        if member.index == 1 { throw Fault("member 1") }
        do throws(BrokenBarrierError) {
          while true { try member.wait() }
        } catch {
          #expect(error.reason == .aborted && !error.isOrigin)
          if let cause = error.underlyingError as? Fault { causes.add(cause) }
          throw error
        }
      }
    }
    #expect(error as? Fault == Fault("member 1"))
    #expect(causes.all == Array(repeating: Fault("member 1"), count: size - 1))
  }

  /// rule 25: the first error in time, not the error of the lowest index.
  @Test func theFirstErrorIsThrown() {
    let error = failure {
      try withThreadTeam(size: 3) { member in
        if member.index == 2 { throw Fault("the first") }
        eventually { member.barrier.isBroken }
        throw Fault("later")
      }
    }
    #expect(error as? Fault == Fault("the first"))
  }

  /// rule 25: a member's own error says more than a broken barrier, even if it came later.
  @Test func aMembersOwnErrorIsThrownInsteadOfAnEarlierTimeout() {
    let error = failure {
      try withThreadTeam(size: 2) { member in
        if member.index == 0 { try member.barrier.wait(timeout: .zero) }
        eventually { member.barrier.isBroken }
        throw Fault("own")
      }
    }
    #expect(error as? Fault == Fault("own"))
  }

  /// rule 25
  @Test func theErrorOfAnotherBarrierIsAMembersOwnError() throws {
    let error = failure {
      try withThreadTeam(size: 2) { member in
        if member.index == 0 { try ThreadBarrier(parties: 2, label: "other").wait(timeout: .zero) }
        do throws(BrokenBarrierError) { try member.wait() } catch { throw Fault("consequence") }
      }
    }
    #expect((error as? BrokenBarrierError)?.label == "other", "\(String(describing: error))")
  }

  /// rule 25, rule 8
  @Test func theErrorOfTheActionIsTheTeamsError() throws {
    let error = failure {
      try withThreadTeam(size: 3, action: { _ in throw Fault("action") }) { try $0.wait() }
    }
    let barrierError = try #require(error as? BrokenBarrierError)
    #expect(barrierError.reason == .actionFailed && barrierError.isOrigin)
    #expect(barrierError.underlyingError as? Fault == Fault("action"))
  }

  /// rule 25: a member that catches the error may continue without the others.
  @Test func membersMayCatchTheErrorAndReturn() throws {
    let results = try onCallerThread {
      try withThreadTeam(size: 3) { member in
        if member.index == 0 { member.barrier.abort(Fault("no more")) }
        do throws(BrokenBarrierError) { try member.wait() } catch { return "\(error.underlyingError!)" }
        return "completed"
      }
    }
    #expect(results == ["no more", "no more", "no more"])
  }

  // MARK: Members that time out

  /// How a member sets the limit of its wait.
  enum Limit: CaseIterable, Sendable {
    case timeout, deadline

    func wait(as member: TeamMember, for duration: Duration) throws -> Arrival {
      switch self {
      case .timeout: try member.wait(timeout: duration)
      case .deadline: try member.wait(until: .now + duration)
      }
    }
  }

  /// rule 14, rule 12
  @Test(arguments: Limit.allCases, [WaitStrategy.adaptive, .parking])
  func aTimeoutOfAMemberBreaksThePhaseForTheOthers(limit: Limit, strategy: WaitStrategy) throws {
    let results = try onCallerThread {
      try withThreadTeam(size: 4, label: "halo", strategy: strategy) { member in
        let outcome = Outcome {
          switch member.index {
          case 0:
            eventually { member.barrier.waitingCount == 2 }
            return try limit.wait(as: member, for: .milliseconds(5))
          case 1, 2: return try limit.wait(as: member, for: .seconds(3600))
          default:
            // Arrives too late, and is refused.
            eventually { member.barrier.isBroken }
            return try limit.wait(as: member, for: .seconds(3600))
          }
        }
        return (member.barrier, outcome)
      }
    }
    for (index, (barrier, outcome)) in results.enumerated() {
      expect(outcome, brokenBy: Cause(.timedOut, arrived: 3), at: barrier, isOrigin: index == 0)
    }
    expectBroken(results[0].0, by: Cause(.timedOut, arrived: 3))
  }

  /// rule 14, rule 25
  @Test(arguments: Limit.allCases) func theErrorOfTheTimedOutMemberIsTheTeamsError(limit: Limit) throws {
    let error = failure {
      try withThreadTeam(size: 3) { member in
        switch member.index {
        case 0: try member.wait()
        case 1: _ = try limit.wait(as: member, for: .milliseconds(5))
        default:
          // Arrives too late, so the phase cannot complete.
          eventually { member.barrier.isBroken }
          try member.wait()
        }
      }
    }
    let barrierError = try #require(error as? BrokenBarrierError)
    #expect(barrierError.reason == .timedOut && barrierError.isOrigin)
  }

  /// rule 15
  @Test(arguments: Limit.allCases) func theLimitOfACallReplacesTheTeamsTimeout(limit: Limit) throws {
    let phases = try onCallerThread {
      try withThreadTeam(size: 2, timeout: .zero) { member in
        try (0..<3).map { _ in try limit.wait(as: member, for: .seconds(3600)).phase }
      }
    }
    #expect(phases == [[0, 1, 2], [0, 1, 2]])
  }

  // MARK: Members that exit

  /// rule 25
  @Test(arguments: [WaitStrategy.adaptive, .parking], [[2], [0, 1, 3]])
  func membersThatWaitForExitedMembersAreFreed(strategy: WaitStrategy, exited: [Int]) throws {
    let error = failure {
      try withThreadTeam(size: 5, label: "halo", strategy: strategy) { member in
        try member.wait()
        if !exited.contains(member.index) { try member.wait() }
      }
    }
    let barrierError = try #require(error as? BrokenBarrierError)
    #expect(barrierError.reason == .aborted && barrierError.phase == 1)
    #expect(barrierError.underlyingError as? TeamMemberExitedError == TeamMemberExitedError(members: exited))
    let text =
      exited == [2]
      ? "member 2 has ended, and all others wait for it"
      : "members 0, 1 and 3 have ended, and all others wait for them"
    // The missing members are named, unless a waiting one still spins or yields.
    let start = "barrier \"halo\" broken in phase 1: aborted with \(5 - exited.count) of 5 parties arrived; "
    let missing = "missing: " + exited.map { "\"halo \($0)\"" }.joined(separator: ", ") + "; "
    #expect([start + "cause: \(text)", start + missing + "cause: \(text)"].contains("\(barrierError)"))
  }

  /// rule 16: those that have ended, too.
  @Test func theErrorOfATimeoutNamesTheMissingMembers() throws {
    let error = failure {
      try withThreadTeam(size: 4, label: "render", strategy: .parking) { member in
        switch member.index {
        case 0: try member.wait()
        case 1:
          eventually { member.barrier.snapshot().waiters.count == 1 }
          try member.wait(timeout: .milliseconds(20))
        case 2: eventually { member.barrier.isBroken }
        default: return
        }
      }
    }
    let barrierError = try #require(error as? BrokenBarrierError)
    #expect(barrierError.reason == .timedOut && barrierError.missing == ["render 2", "render 3"])
    #expect(
      "\(barrierError)"
        == "barrier \"render\" broken in phase 0: timed out after 20 ms with 2 of 4 parties arrived; "
        + "missing: \"render 2\", \"render 3\"")
  }

  /// rule 16
  @Test func missingMembersAreNamedOnlyIfTheyAreKnown() {
    var locked = LockedState()
    #expect(locked.missingMembers(open: 0, arrived: 0, parties: 2).isEmpty)
    locked.team = [TeamThread(index: 0, thread: 17), TeamThread(index: 1, thread: 18)]
    #expect(locked.missingMembers(open: 0, arrived: 0, parties: 3) == [0, 1, 2])
    // One has arrived and does not sleep: it is not known which.
    #expect(locked.missingMembers(open: 0, arrived: 1, parties: 3).isEmpty)
  }

  /// The barrier is aborted only once all remaining members wait.
  @Test func anExitedMemberBreaksNoPhaseWhileAnotherMemberStillRuns() throws {
    let hold = Gate()
    let caller = ThreadParticipant("caller") {
      try withThreadTeam(size: 3) { member in
        switch member.index {
        case 0: return
        case 1: hold.pass()
        // Long enough for the caller to check the barrier more than once while one of three waits.
        default:
          let outcome = Outcome { try member.barrier.wait(timeout: .milliseconds(350)) }
          #expect(outcome.barrierError?.reason == .timedOut, "\(outcome)")
          hold.open()
        }
      }
    }
    _ = try caller.result.get()
  }

  // MARK: Threads

  /// rule 26
  @Test func noThreadOutlivesTheCall() throws {
    let ended = Counter()
    for round in 0..<50 {
      _ = failure {
        try withThreadTeam(size: 4) { member in
          defer { ended.add() }
          if round % 2 == 1 && member.index == 3 { throw Fault("member 3") }
          try member.wait()
        }
      }
      #expect(ended.now == 4 * (round + 1))
    }
  }

  /// rule 26
  @Test func aTeamReleasesItsBodyAndItsBarrier() throws {
    final class Owned: Sendable {}
    weak var owned: Owned?
    weak var barrier: ThreadBarrier?
    do {
      let own = Owned()
      owned = own
      let barriers = try onCallerThread {
        try withThreadTeam(size: 3) { member in
          withExtendedLifetime(own) {}
          return member.barrier
        }
      }
      withExtendedLifetime(barriers) {
        barrier = barriers[0]
        #expect(barrier != nil)
      }
    }
    #expect(owned == nil && barrier == nil)
  }

  /// rule 26: whichever thread it is, no member has started, and all threads have ended.
  @Test(
    .enabled(if: faults_work(), "Calls to the C library cannot be intercepted here."), arguments: [0, 1, 7])
  func aThreadThatCannotBeCreatedEndsTheTeam(index: Int) async {
    await #expect(processExitsWith: .success) { [index] in
      let started = Counter()
      let error = failure {
        faults_fail_after(call_create, index, EAGAIN)
        try withThreadTeam(size: 8, label: "halo") { _ in started.add() }
      }
      let reason = try #require(error as? ThreadStartError)
      #expect(reason.index == index && reason.size == 8 && reason.label == "halo")
      #expect(reason.errorNumber == EAGAIN)
      #expect(
        "\(reason)"
          == "team \"halo\": only \(index) of 8 threads could be started "
          + "(pthread_create: \(errorText(EAGAIN))); make the team smaller, or raise the limit of threads")
      #expect(started.now == 0)
    }
  }

  @Test(arguments: [0, -1, ThreadBarrier.maxParties + 1, .min, .max])
  func anImpossibleSizeTraps(size: Int) async {
    let exit = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [size] in
      // A function, because in asynchronous code the compiler refuses the call.
      func start() throws { try withThreadTeam(size: size) { _ in } }
      try start()
    }
    #expect(
      exit.standardErrorText.contains(
        "A team cannot have \(size) members: give it 1 to \(ThreadBarrier.maxParties)."))
  }
}

/// Returns what `body` returns, called on a thread that the watchdog watches.
private func onCallerThread<Value: Sendable>(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: @escaping @Sendable () throws -> Value
) throws -> Value {
  try ThreadParticipant("caller", sourceLocation: sourceLocation, body).result.get()
}

/// Returns what `body` throws, called on such a thread.
private func failure(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: @escaping @Sendable () throws -> some Sendable
) -> (any Error)? {
  switch ThreadParticipant("caller", sourceLocation: sourceLocation, { _ = try body() }).result {
  case .success: nil
  case .failure(let error): error
  }
}

private func nameOfThisThread() -> String {
  #if os(Linux)
  let line = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
  return String((line ?? "").dropLast())
  #else
  var name = [CChar](repeating: 0, count: 64)
  pthread_getname_np(pthread_self(), &name, name.count)
  return String(cString: name)
  #endif
}

/// Calls itself, with one kilobyte of stack each time.
@inline(never)
private func nested(_ depth: Int) -> Int {
  withUnsafeTemporaryAllocation(byteCount: 1_024, alignment: 8) { buffer in
    buffer[depth % 1_024] = 1
    return depth == 0 ? 0 : nested(depth - 1) + Int(buffer[depth % 1_024])
  }
}
