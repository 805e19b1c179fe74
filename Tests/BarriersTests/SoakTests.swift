import BarrierModel
import Foundation
import Testing

@testable import Barriers

/// Runs for hours: see `Scripts/soak`. Each round has a random number of callers and random operations.
struct SoakTests {
  private static let minutes = ProcessInfo.processInfo.environment["BARRIERS_SOAK_MINUTES"].flatMap(
    Double.init)

  /// rule 1, rule 2, rule 3, rule 4, rule 7, rule 8, rule 9, rule 12, rule 13, rule 14, rule 18, rule 19,
  /// rule 20
  @Test(.enabled(if: minutes != nil, "BARRIERS_SOAK_MINUTES is not set"))
  func theRulesHoldForHoursOfRandomOperations() {
    let start = ContinuousClock.now
    let end = start + .seconds(60 * (Self.minutes ?? 0))
    var count = Count()
    var nextReport = start + .seconds(60)
    while ContinuousClock.now < end {
      count.add(round())
      if ContinuousClock.now > nextReport {
        log("after \((ContinuousClock.now - start).components.seconds / 60) minutes: \(count)")
        nextReport += .seconds(60)
      }
    }
    log("verdict: \(count.failures == 0 ? "no rule was broken" : "RULES WERE BROKEN") in \(count)")
    #expect(count.failures == 0)
  }

  private struct Count: CustomStringConvertible {
    var rounds = 0
    var calls = 0
    var completed = 0
    var broken = 0
    var failures = 0

    mutating func add(_ other: Count) {
      rounds += other.rounds
      calls += other.calls
      completed += other.completed
      broken += other.broken
      failures += other.failures
    }

    var description: String {
      "\(rounds) rounds, \(calls) calls, \(completed) phases completed, \(broken) broken, "
        + "\(failures) failures"
    }
  }

  private func round() -> Count {
    switch Int.random(in: 0..<4) {
    case 0: undisturbedRound()
    case 1: chaosRound()
    default: recordedRound()
    }
  }

  /// Many phases, with up to 32 parties for each processor.
  private func undisturbedRound() -> Count {
    let parties = [1, 2, 3, 4, 8, 16, 64].randomElement()!
    let threads = Int.random(in: 0...parties)
    let workload = Workload(
      parties: parties, threads: threads, tasks: parties - threads + Int.random(in: 0...1) * parties)
    let barrier = ThreadBarrier(parties: parties, strategy: Bool.random() ? .adaptive : .parking)
    let outcomes = workload.runPhases(2_000, at: barrier)
    let isComplete =
      barrier.phase == 2_000 && outcomes.count == parties * 2_000 && outcomes.allSatisfy { $0.arrival != nil }
    return tally(outcomes, parties: parties, found: isComplete ? [] : ["not all phases completed"])
  }

  private func chaosRound() -> Count {
    let parties = Int.random(in: 1...16)
    // At least as many callers as parties: otherwise all callers could wait, and none would free the others.
    let threads = Int.random(in: 0...parties)
    let workload = Workload(
      parties: parties, threads: threads, tasks: Int.random(in: (parties - threads)...(2 * parties)))
    let failing = UInt64.random(in: 2...20)
    let barrier = ThreadBarrier(parties: parties, strategy: Bool.random() ? .adaptive : .parking) { phase in
      if phase.isMultiple(of: failing) { throw Fault("action of phase \(phase)") }
    }
    return tally(workload.runChaos(at: barrier), parties: parties, found: [])
  }

  /// Compares everything that callers observed with the sequential barrier.
  private func recordedRound() -> Count {
    let seed = UInt64.random(in: 0..<UInt64.max)
    let barrier = ThreadPoolExecutor.with(threads: 2) {
      Plan(seed: seed, tasks: 0...3, threads: 0...4).execute(on: $0)
    }
    let found = barrier.violation.map { ["of seed \(seed):\n\($0)"] } ?? []
    return Count(rounds: 1, calls: barrier.callCount, failures: report(found))
  }

  private func tally(_ outcomes: [Outcome], parties: Int, found: [String]) -> Count {
    let found = found + violations(in: outcomes, parties: parties)
    return Count(
      rounds: 1, calls: outcomes.count, completed: Set(outcomes.compactMap { $0.arrival?.phase }).count,
      broken: Set(outcomes.compactMap { $0.barrierError?.phase }).count, failures: report(found))
  }

  /// Appends to the file `BARRIERS_SOAK_LOG`, because a test's output may be held back until it ends.
  private func log(_ line: String) {
    let path = ProcessInfo.processInfo.environment["BARRIERS_SOAK_LOG"] ?? "/dev/stderr"
    guard let file = fopen(path, "a") else { return }
    fputs(line + "\n", file)
    fclose(file)
  }

  private func report(_ found: [String]) -> Int {
    for violation in found { log("failure: \(violation)") }
    return found.count
  }
}
