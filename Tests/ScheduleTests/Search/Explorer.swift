import Foundation
import Synchronization
import Testing

/// Runs a scenario on many schedules, until one breaks a rule.
///
/// The scenario is made anew for each schedule: it starts its threads on the simulator, and answers with what is to be
/// checked when they have come to their ends.
struct Explorer {
  enum Search: Sendable {
    /// All schedules with at most so many deviations.
    case exhaustively(bound: Int)
    /// Random ones, with seeds from 0 to `count` − 1.
    case randomly(count: Int)
    /// By random priorities, which change `depth` − 1 times.
    case byPriorities(count: Int, depth: Int)
  }

  struct Failure: Error, CustomStringConvertible {
    let what: String
    let replay: Replay.Recording

    var description: String { "\(what)\nTo replay: BARRIERS_REPLAY=\"\(replay)\"" }
  }

  typealias Scenario = (Simulator) -> () throws -> Void

  private let machinery: Simulator.Configuration
  private let scenario: Scenario
  private let workers = WorkerPool()
  private static let numbers = Numbers()

  init(_ machinery: Simulator.Configuration = .init(), _ scenario: @escaping Scenario) {
    (self.machinery, self.scenario) = (machinery, scenario)
  }

  /// Answers how many schedules there were. The search ends early when `stops` says so.
  func explore(_ search: Search, until stops: () -> Bool = { false }) throws(Failure) -> Int {
    var count = 0
    switch search {
    case .exhaustively(let bound):
      let schedule = Exhaustive(bound: bound)
      repeat {
        // The scenario must be the same each time.
        try run(schedule, 0)
        count += 1
      } while !stops() && schedule.advance()
    case .randomly(let executions):
      while count < executions && !stops() {
        try run(RandomWalk(seed: UInt64(count)), count)
        count += 1
      }
    case .byPriorities(let executions, let depth):
      var steps = 100
      while count < executions && !stops() {
        let schedule = PriorityWalk(seed: UInt64(count), depth: depth, steps: steps)
        try run(schedule, count)
        steps = max(steps / 2, schedule.decisions.count)
        count += 1
      }
    }
    return count
  }

  /// Makes recorded decisions again, and answers what each thread did, and what was wrong with that.
  func replay(_ recording: Replay.Recording) -> (story: [String], failure: String?) {
    let simulator = simulator(Replay(recording.decisions), recording.execution, isTraced: true)
    let failure = outcome(of: simulator)
    return (simulator.story, failure)
  }

  private func run(_ schedule: any Schedule, _ execution: Int) throws(Failure) {
    if let what = outcome(of: simulator(schedule, execution, isTraced: false)) {
      throw Failure(
        what: what, replay: Replay.Recording(execution: execution, decisions: schedule.decisions))
    }
  }

  private func simulator(_ schedule: any Schedule, _ execution: Int, isTraced: Bool) -> Simulator {
    Simulator(
      Self.numbers.next(), machinery, schedule, on: workers, execution: execution, isTraced: isTraced)
  }

  private final class Numbers: @unchecked Sendable {
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
    let check = Simulator.$inTheMaking.withValue(simulator) { scenario(simulator) }
    if let failure = simulator.run() { return "\(failure)" }
    do {
      try check()
      return nil
    } catch {
      return "\(error)"
    }
  }
}

/// Explores a scenario, and fails the test if some schedule breaks a rule.
///
/// Environment variables:
/// - `BARRIERS_EXPLORE_DEEPER=1`: so many deviations more, and as many times ten random schedules for each one.
/// - `BARRIERS_EXPLORE_REPORT=1`: prints how many schedules there were.
/// - `BARRIERS_EXPLORE_STOP=1`: once one search has failed, no other is begun, and those under way end.
/// - `BARRIERS_REPLAY="0/12:1 40:2" swift test --filter …`, from the report of a failure: makes that execution again, and
///   prints what each thread did.
func explore(
  _ search: Explorer.Search, _ machinery: Simulator.Configuration = .init(),
  sourceLocation: SourceLocation = #_sourceLocation, _ scenario: @escaping Explorer.Scenario
) {
  let explorer = Explorer(machinery, scenario)
  let environment = ProcessInfo.processInfo.environment
  if let text = environment["BARRIERS_REPLAY"] {
    guard let recording = Replay.Recording(text) else {
      Issue.record(
        "BARRIERS_REPLAY is not like \"0/12:1 40:2\": \"\(text)\"", sourceLocation: sourceLocation)
      return
    }
    let (story, failure) = explorer.replay(recording)
    print((story + [failure ?? "No rule was broken."]).joined(separator: "\n"))
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
