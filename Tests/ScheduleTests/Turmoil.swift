import Testing

/// Some callers, each with a few things to do: which, the number of the execution decides.
struct Turmoil {
  private let meeting: Meeting
  let check: () throws -> Void

  init(on machine: Machine, tasks: ClosedRange<Int>, threads: ClosedRange<Int>) {
    var random = SplitMix(seed: UInt64(machine.execution))
    let hasAction = random.isOne(in: 2)
    let failing = random.isOne(in: 2) ? UInt64.random(in: 0...3, using: &random) : nil
    let action: @Sendable (UInt64) -> Fault? = { $0 == failing ? Fault("action of \($0)") : nil }
    let meeting = Meeting(
      machine, parties: .random(in: 1...3, using: &random),
      strategy: random.isOne(in: 2) ? .adaptive : .parking, action: hasAction ? action : nil)
    let all = Box<[SimulatedTask]>([])
    for number in 0..<Int.random(in: tasks, using: &random) {
      let deeds = Self.deeds(&random)
      all.content!.append(
        machine.startTask("task \(number)") {
          for deed in deeds {
            if let timeout = deed.timeout {
              await meeting.waitAsTask(timeout: timeout)
            } else {
              deed.happen(to: meeting, all.content!)
            }
          }
        })
    }
    for number in 0..<Int.random(in: threads, using: &random) {
      let deeds = Self.deeds(&random)
      machine.start("thread \(number)") {
        for deed in deeds {
          if let timeout = deed.timeout {
            meeting.wait(timeout: timeout)
          } else {
            deed.happen(to: meeting, all.content!)
          }
        }
      }
    }
    self.meeting = meeting
    check = meeting.check
  }

  private enum Deed {
    /// Always with a limit: then it ends.
    case wait(Duration)
    case abort, reset, read
    case cancel(Int)

    var timeout: Duration? { if case .wait(let timeout) = self { timeout } else { nil } }

    func happen(to meeting: Meeting, _ tasks: [SimulatedTask]) {
      switch self {
      case .wait: fatalError("a wait is the caller's own")
      case .abort: meeting.abort()
      case .reset: meeting.reset()
      case .read: meeting.readProperties()
      case .cancel(let number): if !tasks.isEmpty { meeting.cancel(tasks[number % tasks.count]) }
      }
    }
  }

  private static func deeds(_ random: inout SplitMix) -> [Deed] {
    (0..<Int.random(in: 1...4, using: &random)).map { _ in
      switch Int.random(in: 0..<12, using: &random) {
      case 0: .abort
      case 1, 2: .reset
      case 3: .read
      case 4: .cancel(.random(in: 0..<4, using: &random))
      case 5: .wait(.zero)
      case 6: .wait(.milliseconds(1))
      default: .wait(.seconds(1))
      }
    }
  }
}

struct TurmoilTests {
  static let searches: [Explorer.Search] = [.randomly(count: 500), .byPriorities(count: 500, depth: 4)]

  /// rule 1, rule 3, rule 4, rule 7, rule 8, rule 9, rule 12, rule 13, rule 14
  @Test(arguments: searches, ThreadScheduleTests.ways)
  func everythingHappensToThreads(search: Explorer.Search, way: Explorer.Machinery) {
    explore(search, way) { Turmoil(on: $0, tasks: 0...0, threads: 2...5).check }
  }

  /// rule 2, rule 3
  @Test(arguments: searches, ThreadScheduleTests.ways)
  func manyThreadsMeetOften(search: Explorer.Search, way: Explorer.Machinery) {
    explore(search, way) { machine in
      let parties = 2 + machine.execution % 6
      let meeting = Meeting(machine, parties: parties, strategy: .adaptive)
      for name in 0..<parties { machine.start("\(name)") { meeting.wait(times: 6) } }
      return meeting.check
    }
  }
}
