/// A limit that this library's barriers should keep, as a ratio within one run.
struct Goal: Codable {
  let name: String
  /// Zero if the goal is about all numbers of parties.
  let parties: Int
  let measured: Double
  let limit: Double
  var isReached: Bool { measured <= limit }

  /// Fewer rounds vary too much to judge by.
  static let leastRounds = 3

  static func all(in results: [BenchmarkResult], _ constructionCosts: [ConstructionCost]) -> [Goal] {
    GoalEvaluator(results: results).goals
      + constructionCosts.filter { $0.barrier == Implementation.adaptive.name }.map {
        Goal(name: "creating a barrier, in nanoseconds", parties: 4, measured: $0.nanoseconds, limit: 1000)
      }
  }
}

private struct GoalEvaluator {
  let results: [BenchmarkResult]

  private static let threads = Implementation.adaptive.name
  private static let tasks = Implementation.tasks.name

  var goals: [Goal] {
    spinning + backToBack + busyProcesses + workloads + parking + taskRatios + taskScaling + kernels
  }

  private var spinning: [Goal] {
    results(.phases, Self.threads).compactMap { result in
      wall("back to back", of: result, versus: Implementation.spinning.name, limit: 1.3)
    }
  }

  private var backToBack: [Goal] {
    results(.phases, Self.threads).filter { $0.parties > 2 }.flatMap {
      versusBestPeer("back to back", $0, wall: 0.8, cpu: 0.9)
    }
  }

  private var busyProcesses: [Goal] {
    [(Scenario.busy1, "beside one busy process"), (.busy2, "beside two")].flatMap { scenario, name in
      results(scenario, Self.threads).flatMap { versusBestPeer(name, $0, wall: 1.0, cpu: 1.2) }
    }
  }

  private var workloads: [Goal] {
    [(Scenario.straggler, "one party works"), (.uneven, "all work unevenly")].flatMap { scenario, name in
      results(scenario, Self.threads).flatMap { result in
        versusBestPeer(name, result, wall: 1.03, cpu: nil) + [versusLowestCPU(name, result)].compactMap { $0 }
      }
    }
  }

  /// The peer with the lowest CPU time need not be the fastest.
  private func versusLowestCPU(_ name: String, _ result: BenchmarkResult) -> Goal? {
    guard let cpu = result.cpu, let lowest = peers(result).compactMap(\.cpu).min() else { return nil }
    return Goal(
      name: "\(name), CPU vs. lowest-CPU peer", parties: result.parties, measured: cpu / lowest, limit: 1.05)
  }

  private var parking: [Goal] {
    let peer = "pthread_barrier_t"
    return results(.phases, Implementation.parking.name).flatMap { result in
      [
        wall(".parking", of: result, versus: peer, limit: 1.05),
        cpu(".parking", of: result, versus: peer, limit: 1.05),
      ].compactMap { $0 }
    }
  }

  private var taskRatios: [Goal] {
    results(.phases, Self.tasks).filter { $0.parties >= 16 }.flatMap { result in
      let limit = result.parties < 64 ? 0.6 : 0.4
      return versusBestPeer("tasks", result, wall: limit, cpu: limit)
    }
  }

  private var taskScaling: [Goal] {
    let costs = results(.phases, Self.tasks).filter { $0.parties >= 16 }.map {
      $0.wall / Double($0.parties)
    }
    guard let least = costs.min(), let most = costs.max(), costs.count > 1 else { return [] }
    return [
      Goal(name: "tasks, cost per party, highest vs. lowest", parties: 0, measured: most / least, limit: 1.3)
    ]
  }

  private var kernels: [Goal] {
    [Scenario.heat, .words].flatMap { scenario in
      results(scenario, Self.threads).flatMap { result in
        [Implementation.concurrentPerform, .taskGroup].compactMap {
          wall(scenario.rawValue, of: result, versus: $0.name, limit: 1.0)
        }
      }
    }
  }

  private func versusBestPeer(_ name: String, _ result: BenchmarkResult, wall: Double, cpu: Double?) -> [Goal]
  {
    let ratios = [("wall", result.wallRatio, wall), ("CPU", result.cpuRatio, cpu)] as [(_, Double?, Double?)]
    return ratios.compactMap { clock, ratio, limit in
      guard let ratio, let limit else { return nil }
      return Goal(
        name: "\(name), \(clock) vs. best peer", parties: result.parties, measured: ratio, limit: limit)
    }
  }

  private func wall(_ name: String, of result: BenchmarkResult, versus other: String, limit: Double) -> Goal?
  {
    find(other, like: result).map {
      Goal(
        name: "\(name), wall vs. \(other)", parties: result.parties, measured: result.wall / $0.wall,
        limit: limit)
    }
  }

  private func cpu(_ name: String, of result: BenchmarkResult, versus other: String, limit: Double) -> Goal? {
    guard let cpu = result.cpu, let otherCPU = find(other, like: result)?.cpu else { return nil }
    return Goal(
      name: "\(name), CPU vs. \(other)", parties: result.parties, measured: cpu / otherCPU, limit: limit)
  }

  private func results(_ scenario: Scenario, _ implementation: String) -> [BenchmarkResult] {
    results.filter { $0.scenario == scenario && $0.implementation == implementation }
  }

  private func find(_ implementation: String, like result: BenchmarkResult) -> BenchmarkResult? {
    results(result.scenario, implementation).first { $0.parties == result.parties }
  }

  private func peers(_ result: BenchmarkResult) -> [BenchmarkResult] {
    results.filter { $0.scenario == result.scenario && $0.parties == result.parties && $0.kind == .peer }
  }
}
