import BarrierModel
import Testing

/// Everything at once, at random: each execution has a plan of its own.
struct RandomScheduleTests {
  static let searches: [Explorer.Search] = [.randomly(count: 500), .byPriorities(count: 500, depth: 4)]

  /// rule 1, rule 3, rule 4, rule 7, rule 8, rule 9, rule 12, rule 13, rule 14
  @Test(arguments: searches, ThreadScheduleTests.ways)
  func everythingHappensToThreads(search: Explorer.Search, way: Simulator.Configuration) {
    explore(search, way) { simulator in
      let plan = Plan(seed: UInt64(simulator.execution), tasks: 0...0, threads: 2...5)
      return Meeting(simulator, plan).check
    }
  }

  /// rule 2, rule 3
  @Test(arguments: searches, ThreadScheduleTests.ways)
  func manyThreadsMeetOften(search: Explorer.Search, way: Simulator.Configuration) {
    explore(search, way) { simulator in
      let parties = 2 + simulator.execution % 5
      let meeting = Meeting(simulator, parties: parties, strategy: .adaptive)
      for name in 0..<parties { simulator.start("\(name)") { meeting.wait(times: 4) } }
      return meeting.check
    }
  }
}

extension Meeting {
  /// Starts the callers of a plan.
  convenience init(_ simulator: Simulator, _ plan: Plan) {
    let action: @Sendable (UInt64) -> Fault? = { $0 == plan.failingPhase ? Fault("action of \($0)") : nil }
    self.init(
      simulator, parties: plan.parties, strategy: plan.isAdaptive ? .adaptive : .parking,
      action: plan.hasAction ? action : nil)
    let tasks = Box<[SimulatedTask]>([])
    tasks.content = plan.tasks.enumerated().map { number, operations in
      simulator.startTask("task \(number)") {
        for operation in operations {
          if case .wait(let limit) = operation {
            await self.waitAsTask(timeout: limit.duration)
          } else {
            self.make(operation, tasks.content!)
          }
        }
      }
    }
    for (number, operations) in plan.threads.enumerated() {
      simulator.start("thread \(number)") {
        for operation in operations { self.make(operation, tasks.content!) }
      }
    }
  }

  private func make(_ operation: Plan.Operation, _ tasks: [SimulatedTask]) {
    switch operation {
    case .wait(let limit): wait(timeout: limit.duration)
    case .abort: abort()
    case .reset: reset()
    case .readProperties: readProperties()
    case .cancel(let number): if !tasks.isEmpty { cancel(tasks[number % tasks.count]) }
    }
  }
}

extension Plan.Limit {
  fileprivate var duration: Duration {
    switch self {
    case .zero: .zero
    case .short: .milliseconds(1)
    case .long: .seconds(1)
    }
  }
}
