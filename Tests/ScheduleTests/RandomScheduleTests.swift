import BarrierModel
import Testing

/// All operations at once, at random: each execution has its own plan.
struct RandomScheduleTests {
  static let searches: [Explorer.Search] = [.randomly(count: 500), .byPriorities(count: 500, depth: 4)]

  /// rule 1, rule 3, rule 4, rule 7, rule 8, rule 9, rule 12, rule 13, rule 14
  @Test(arguments: searches, ThreadScheduleTests.configurations)
  func everythingHappensToThreads(search: Explorer.Search, configuration: Simulator.Configuration) {
    explore(search, configuration) { simulator in
      let plan = Plan(seed: UInt64(simulator.execution), tasks: 0...0, threads: 2...5)
      return RecordedBarrier(simulator, plan).check
    }
  }

  /// rule 2, rule 3
  @Test(arguments: searches, ThreadScheduleTests.configurations)
  func manyThreadsMeetOften(search: Explorer.Search, configuration: Simulator.Configuration) {
    explore(search, configuration) { simulator in
      let parties = 2 + simulator.execution % 5
      let barrier = RecordedBarrier(simulator, parties: parties, strategy: .adaptive)
      for name in 0..<parties { simulator.start("\(name)") { barrier.wait(times: 4) } }
      return barrier.check
    }
  }
}

extension RecordedBarrier {
  /// Starts the threads and tasks of a plan.
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
            self.perform(operation, tasks.content!)
          }
        }
      }
    }
    for (number, operations) in plan.threads.enumerated() {
      simulator.start("thread \(number)") {
        for operation in operations { self.perform(operation, tasks.content!) }
      }
    }
  }

  private func perform(_ operation: Plan.Operation, _ tasks: [SimulatedTask]) {
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
