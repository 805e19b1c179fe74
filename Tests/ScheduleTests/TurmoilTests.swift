import BarrierModel
import Testing

/// Everything at once, at random: each execution has a plan of its own.
struct TurmoilTests {
  static let searches: [Explorer.Search] = [.randomly(count: 500), .byPriorities(count: 500, depth: 4)]

  /// rule 1, rule 3, rule 4, rule 7, rule 8, rule 9, rule 12, rule 13, rule 14
  @Test(arguments: searches, ThreadScheduleTests.ways)
  func everythingHappensToThreads(search: Explorer.Search, way: Machine.Machinery) {
    explore(search, way) { machine in
      let plan = Plan(seed: UInt64(machine.execution), tasks: 0...0, threads: 2...5)
      return Meeting(machine, plan).check
    }
  }

  /// rule 2, rule 3
  @Test(arguments: searches, ThreadScheduleTests.ways)
  func manyThreadsMeetOften(search: Explorer.Search, way: Machine.Machinery) {
    explore(search, way) { machine in
      let parties = 2 + machine.execution % 5
      let meeting = Meeting(machine, parties: parties, strategy: .adaptive)
      for name in 0..<parties { machine.start("\(name)") { meeting.wait(times: 4) } }
      return meeting.check
    }
  }
}

extension Meeting {
  /// Starts the callers of a plan.
  convenience init(_ machine: Machine, _ plan: Plan) {
    let action: @Sendable (UInt64) -> Fault? = { $0 == plan.failingPhase ? Fault("action of \($0)") : nil }
    self.init(
      machine, parties: plan.parties, strategy: plan.isAdaptive ? .adaptive : .parking,
      action: plan.hasAction ? action : nil)
    let tasks = Box<[SimulatedTask]>([])
    tasks.content = plan.tasks.enumerated().map { number, deeds in
      machine.startTask("task \(number)") {
        for deed in deeds {
          if case .wait(let limit) = deed {
            await self.waitAsTask(timeout: limit.duration)
          } else {
            self.make(deed, tasks.content!)
          }
        }
      }
    }
    for (number, deeds) in plan.threads.enumerated() {
      machine.start("thread \(number)") { for deed in deeds { self.make(deed, tasks.content!) } }
    }
  }

  private func make(_ deed: Plan.Deed, _ tasks: [SimulatedTask]) {
    switch deed {
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
