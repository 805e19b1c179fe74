import Foundation
import Synchronization
import Testing

/// Runs a scenario under many schedules, until one breaks a rule.
///
/// The scenario is set up anew for each schedule: it starts its threads on the simulator, and returns what to
/// check when all have ended.
struct Explorer {
  enum Search: Sendable {
    /// All schedules with at most `bound` deviations.
    case exhaustively(bound: Int)
    /// Random walks, with seeds from 0 to `count` − 1.
    case randomly(count: Int)
    /// Random priorities, which change `depth` − 1 times.
    case byPriorities(count: Int, depth: Int)
  }

  struct Failure: Error, CustomStringConvertible {
    let what: String
    let replay: Replay.Recording

    var description: String { "\(what)\nTo replay: BARRIERS_REPLAY=\"\(replay)\"" }
  }

  typealias Scenario = (Simulator) -> () throws -> Void

  private let configuration: Simulator.Configuration
  private let scenario: Scenario
  private let workers = WorkerPool()
  private static let simulatorNumbers = Counter()

  init(_ configuration: Simulator.Configuration = .init(), _ scenario: @escaping Scenario) {
    (self.configuration, self.scenario) = (configuration, scenario)
  }

  /// Returns the number of schedules. The search ends early when `isStopped` returns `true`.
  func explore(_ search: Search, until isStopped: () -> Bool = { false }) throws(Failure) -> Int {
    var count = 0
    switch search {
    case .exhaustively(let bound):
      let schedule = ExhaustiveSchedule(bound: bound)
      repeat {
        // Always execution 0: the scenario must not vary.
        try run(schedule, 0)
        count += 1
      } while !isStopped() && schedule.advance()
    case .randomly(let executions):
      while count < executions && !isStopped() {
        try run(RandomWalk(seed: UInt64(count)), count)
        count += 1
      }
    case .byPriorities(let executions, let depth):
      var steps = 100
      while count < executions && !isStopped() {
        let schedule = PrioritySchedule(seed: UInt64(count), depth: depth, steps: steps)
        try run(schedule, count)
        steps = max(steps / 2, schedule.decisions.count)
        count += 1
      }
    }
    return count
  }

  /// Repeats recorded decisions; returns what each thread did, and what went wrong.
  func replay(_ recording: Replay.Recording) -> (trace: [String], failure: String?) {
    let simulator = simulator(Replay(recording.decisions), recording.execution, isTraced: true)
    let failure = outcome(of: simulator)
    return (simulator.trace, failure)
  }

  private func run(_ schedule: any Schedule, _ execution: Int) throws(Failure) {
    if let what = outcome(of: simulator(schedule, execution, isTraced: false)) {
      throw Failure(
        what: what, replay: Replay.Recording(execution: execution, decisions: schedule.decisions))
    }
  }

  private func simulator(_ schedule: any Schedule, _ execution: Int, isTraced: Bool) -> Simulator {
    Simulator(
      Self.simulatorNumbers.next(), configuration, schedule, on: workers, execution: execution,
      isTraced: isTraced)
  }

  private final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var last = 0  // guarded by `lock`

    func next() -> Int {
      lock.withLock {
        last += 1
        return last
      }
    }
  }

  private func outcome(of simulator: Simulator) -> String? {
    let check = Simulator.$underConstruction.withValue(simulator) { scenario(simulator) }
    if let failure = simulator.run() { return "\(failure)" }
    do {
      try check()
      return nil
    } catch {
      return "\(error)"
    }
  }
}

/// Explores a scenario, and fails the test if a schedule breaks a rule.
///
/// Environment variables:
/// - `BARRIERS_EXPLORE_DEEPER=1`: allows one more deviation, and runs ten times as many random schedules.
///   With
///   2, it allows two more and runs a hundred times as many, and so on.
/// - `BARRIERS_EXPLORE_REPORT=1`: prints the number of schedules.
/// - `BARRIERS_EXPLORE_STOP=1`: once one search has failed, none is begun, and those under way end.
/// - `BARRIERS_REPLAY="0/12:1 40:2" swift test --filter …`, from the report of a failure: replays that
///   execution, and prints what each thread did.
func explore(
  _ search: Explorer.Search, _ configuration: Simulator.Configuration = .init(),
  sourceLocation: SourceLocation = #_sourceLocation, _ scenario: @escaping Explorer.Scenario
) {
  let explorer = Explorer(configuration, scenario)
  let environment = ProcessInfo.processInfo.environment
  if let text = environment["BARRIERS_REPLAY"] {
    guard let recording = Replay.Recording(text) else {
      Issue.record(
        "BARRIERS_REPLAY must look like \"0/12:1 40:2\", not \"\(text)\"", sourceLocation: sourceLocation)
      return
    }
    let (trace, failure) = explorer.replay(recording)
    print((trace + [failure ?? "No rule was broken."]).joined(separator: "\n"))
    return
  }
  let search = search.deeper(environment["BARRIERS_EXPLORE_DEEPER"].flatMap { Int($0) } ?? 0)
  let start = ContinuousClock.now
  let stopsEarly = environment["BARRIERS_EXPLORE_STOP"] != nil
  do throws(Explorer.Failure) {
    let count = try explorer.explore(search) { stopsEarly && hasFailed.load(ordering: .relaxed) }
    if environment["BARRIERS_EXPLORE_REPORT"] != nil {
      let time = ContinuousClock.now - start
      print("\(Test.current?.name ?? ""), \(search): \(count) schedules in \(time)")
    }
  } catch {
    hasFailed.store(true, ordering: .relaxed)
    Issue.record("\(error)", sourceLocation: sourceLocation)
  }
}

/// Whether a search of this process has failed.
private let hasFailed = Synchronization.Atomic(false)

extension Explorer.Search {
  fileprivate func deeper(_ levels: Int) -> Explorer.Search {
    let factor = (0..<levels).reduce(1) { factor, _ in factor * 10 }
    return switch self {
    case .exhaustively(let bound): .exhaustively(bound: bound + levels)
    case .randomly(let count): .randomly(count: count * factor)
    case .byPriorities(let count, let depth): .byPriorities(count: count * factor, depth: depth)
    }
  }
}

extension Explorer.Search: CustomStringConvertible {
  var description: String {
    switch self {
    case .exhaustively(let bound): "all with at most \(bound) deviations"
    case .randomly: "at random"
    case .byPriorities(_, let depth): "by priorities, depth \(depth)"
    }
  }
}
