import Barriers
import Foundation
import Testing

// Each code sample of the README, of the articles and of the library's doc comments, word for word, without
// its comments. So each is compiled and run; ``DocumentationTests`` checks that none is missing.

func readmeThreads() {
  let barrier = ThreadBarrier(parties: 4)
  for worker in 0..<4 {
    Thread.detachNewThread {
      try? barrier.abortOnError {
        let part = try load(worker)
        try barrier.wait()
        try process(part)
      }
    }
  }
  while barrier.phase < 1 { sched_yield() }
}

func readmeTasks() async {
  let barrier = AsyncBarrier(parties: 4)
  for worker in 0..<4 {
    Task {
      try await barrier.abortOnError {
        let part = try await load(worker)
        try await barrier.wait()
        try await process(part)
      }
    }
  }
  while barrier.phase < 1 { await Task.yield() }
}

func landingPage() {
  let workers = 4
  let barrier = ThreadBarrier(parties: workers, label: "step") { phase in
    print("step \(phase) is complete")
  }
  for worker in 0..<workers {
    Thread.detachNewThread {
      try? barrier.abortOnError {
        for step in 0..<3 {
          try compute(worker, step)
          try barrier.wait()
        }
      }
    }
  }
  while barrier.phase < 3 { sched_yield() }
}

func threadBarrier() {
  let barrier = ThreadBarrier(parties: 4, label: "step", timeout: .seconds(5)) { phase in
    print("step \(phase) is complete")
  }
  for worker in 0..<4 {
    Thread.detachNewThread {
      try? barrier.abortOnError {
        for step in 0..<100 {
          try compute(worker, step)
          try barrier.wait()
        }
      }
    }
  }
  while barrier.phase < 100 { sched_yield() }
}

func asyncBarrier() async throws {
  let barrier = AsyncBarrier(parties: 100, label: "round", timeout: .seconds(5))
  try await withThrowingTaskGroup(of: Void.self) { group in
    for worker in 0..<100 {
      group.addTask {
        try await barrier.abortOnError {
          for round in 0..<10 {
            try await compute(worker, round)
            try await barrier.wait()
          }
        }
      }
    }
    try await group.waitForAll()
  }
  #expect(barrier.phase == 10)
}

func team() throws {
  let shares = try withThreadTeam(size: 4, label: "sum") { member in
    let share = load(part: member.index)
    try member.wait()
    return sum(share)
  }
  #expect(shares == [0, 1, 2, 3])
}

func lastArrival(at barrier: ThreadBarrier) throws {
  if try barrier.wait().isLast { print("all are through") }
}

final class Simulation: Sendable {
  private let world: World
  private let barrier: ThreadBarrier

  init(workers: Int) {
    let world = World()
    self.world = world
    barrier = ThreadBarrier(parties: workers) { _ in world.swapBuffers() }
  }
}

func threadsAndTasks() async throws {
  let barrier = ThreadBarrier(parties: 3, label: "both")
  Thread.detachNewThread {
    try? barrier.abortOnError { try barrier.wait() }
  }
  let tasks = AsyncBarrier(sharing: barrier)
  async let one = tasks.wait()
  async let other = tasks.wait()
  _ = try await (one, other)
}

func abortOnError(at barrier: ThreadBarrier, _ parts: [Int]) throws {
  try barrier.abortOnError {
    for part in parts {
      try handle(part)
      try barrier.wait()
    }
  }
}

func setTimeout() {
  let barrier = ThreadBarrier(parties: 4, label: "halo", timeout: .seconds(30))
  barrier.abort()
  do throws(BrokenBarrierError) {
    try barrier.wait()
  } catch {
    log("\(error)")
  }
}

func readErrorOfTask(at barrier: ThreadBarrier) async throws {
  do {
    try await AsyncBarrier(sharing: barrier).wait(timeout: .seconds(2))
  } catch let error as BrokenBarrierError {
    log("\(error)")
  } catch is CancellationError {
    log("cancelled")
  }
}

func readError(of barrier: ThreadBarrier) {
  do throws(BrokenBarrierError) {
    try barrier.wait(timeout: .seconds(2))
  } catch {
    print(error, error.isOrigin ? "(this party's timeout)" : "")
  }
}

func reportStalls(of barrier: ThreadBarrier) {
  barrier.reportStalls(after: .seconds(5)) { log("\($0)") }
  barrier.reportStalls(after: .seconds(5)) { print($0) }
}

func takeSnapshot(of barrier: ThreadBarrier) {
  print(barrier.snapshot())
}

func memoryOrdering() throws {
  let cells = Cells(count: 4)
  try withThreadTeam(size: 4) { member in
    cells[member.index] = compute(member.index)
    try member.wait()
    let left = cells[(member.index + 3) % 4]
    try member.wait()
    cells[member.index] += left
  }
  #expect((0..<4).map { cells[$0] } == [3, 1, 3, 5])
}
