/// What this library's barriers are to reach, as ratios within one run.
struct Goal: Codable {
  let name: String
  let parties: Int
  let figure: Double
  let limit: Double
  var isReached: Bool { figure <= limit }

  static func all(in rows: [Row], _ making: [Making]) -> [Goal] {
    Finder(rows: rows).goals
      + making.filter { $0.barrier == Contender.adaptive.name }.map {
        Goal(name: "making a barrier, in nanoseconds", parties: 4, figure: $0.nanoseconds, limit: 1000)
      }
  }
}

private struct Finder {
  let rows: [Row]

  private static let threads = Contender.adaptive.name
  private static let tasks = Contender.tasks.name

  var goals: [Goal] {
    spinning + backToBack + besideOthers + withWork + parking + asTasks + flat + kernels
  }

  private var spinning: [Goal] {
    all(.phases, Self.threads).compactMap { row in
      find(row, "spinning").map {
        Goal(
          name: "back to back, wall, of pure spinning", parties: row.parties, figure: row.wall / $0.wall,
          limit: 1.3)
      }
    }
  }

  private var backToBack: [Goal] {
    all(.phases, Self.threads).filter { $0.parties > 2 }.flatMap {
      ratios("back to back", $0, wall: 0.8, cpu: 0.9)
    }
  }

  private var besideOthers: [Goal] {
    [(Scenario.busy1, "beside one busy process"), (.busy2, "beside two")].flatMap { scenario, name in
      all(scenario, Self.threads).flatMap { ratios(name, $0, wall: 1.0, cpu: 1.2) }
    }
  }

  private var withWork: [Goal] {
    [(Scenario.straggler, "one party works"), (.uneven, "all work unevenly")].flatMap { scenario, name in
      all(scenario, Self.threads).flatMap { row in
        // Of the thriftiest peer, which need not be the fastest.
        let thrift = peers(row).compactMap(\.cpu).min()
        return ratios(name, row, wall: 1.03, cpu: nil)
          + (row.cpu.flatMap { cpu in thrift.map { cpu / $0 } }.map {
            [
              Goal(
                name: "\(name), CPU, of the thriftiest peer", parties: row.parties, figure: $0, limit: 1.05)
            ]
          } ?? [])
      }
    }
  }

  private var parking: [Goal] {
    all(.phases, "ThreadBarrier .parking").flatMap { row -> [Goal] in
      guard let peer = find(row, "pthread_barrier_t") else { return [] }
      let wall = Goal(
        name: ".parking, wall, of pthread_barrier_t", parties: row.parties, figure: row.wall / peer.wall,
        limit: 1.05)
      guard let cpu = row.cpu, let peerCPU = peer.cpu else { return [wall] }
      return [
        wall,
        Goal(
          name: ".parking, CPU, of pthread_barrier_t", parties: row.parties, figure: cpu / peerCPU,
          limit: 1.05),
      ]
    }
  }

  private var asTasks: [Goal] {
    all(.phases, Self.tasks).filter { $0.parties >= 16 }.flatMap { row in
      ratios("tasks", row, wall: row.parties < 64 ? 0.6 : 0.4, cpu: row.parties < 64 ? 0.6 : 0.4)
    }
  }

  private var flat: [Goal] {
    let costs = all(.phases, Self.tasks).filter { $0.parties >= 16 }.map { $0.wall / Double($0.parties) }
    guard let least = costs.min(), let most = costs.max(), costs.count > 1 else { return [] }
    return [Goal(name: "tasks, dearest of cheapest a party", parties: 0, figure: most / least, limit: 1.3)]
  }

  private var kernels: [Goal] {
    [Scenario.heat, .words].flatMap { scenario in
      all(scenario, Self.threads).flatMap { row in
        ["concurrentPerform a phase", "task group a phase"].compactMap { other in
          find(row, other).map {
            Goal(
              name: "\(scenario.rawValue), wall, of \(other)", parties: row.parties,
              figure: row.wall / $0.wall, limit: 1.0)
          }
        }
      }
    }
  }

  private func ratios(_ name: String, _ row: Row, wall: Double, cpu: Double?) -> [Goal] {
    let ratios = [("wall", row.wallRatio, wall), ("CPU", row.cpuRatio, cpu)] as [(String, Double?, Double?)]
    return ratios.compactMap { what, ratio, limit in
      guard let ratio, let limit else { return nil }
      return Goal(
        name: "\(name), \(what), of the best peer", parties: row.parties, figure: ratio, limit: limit)
    }
  }

  private func all(_ scenario: Scenario, _ contender: String) -> [Row] {
    rows.filter { $0.scenario == scenario && $0.contender == contender }
  }

  private func find(_ row: Row, _ contender: String) -> Row? {
    all(row.scenario, contender).first { $0.parties == row.parties }
  }

  private func peers(_ row: Row) -> [Row] {
    rows.filter { $0.scenario == row.scenario && $0.parties == row.parties && $0.kind == .peer }
  }
}
