import Barriers
import Foundation
import Testing

// Every sample of code in the README, in the articles and in the comments of the library's symbols, word for word: so they are
// compiled, and run. ``DocumentationTests`` looks that none is missing.

/// What the README begins with.
func theFirstExample() throws {
  let workers = 4
  let barrier = ThreadBarrier(parties: workers + 1, label: "step", timeout: .seconds(5)) { phase in
    print("step \(phase) is complete")  // runs once a phase, before anyone goes on
  }
  for worker in 0..<workers {
    Thread.detachNewThread {
      try? barrier.abortOnError {  // a worker that fails frees the others
        for step in 0..<3 {
          print("worker \(worker) does step \(step)")
          try barrier.wait()
        }
      }
    }
  }
  for _ in 0..<3 { try barrier.wait() }
}

func theLandingPagesExample() {
  let workers = 4
  let barrier = ThreadBarrier(parties: workers, label: "step") { phase in
    print("step \(phase) is complete")  // before any worker proceeds
  }
  for worker in 0..<workers {
    Thread.detachNewThread {
      try? barrier.abortOnError {  // a worker that fails frees the others
        for step in 0..<3 {
          try compute(worker, step)
          try barrier.wait()
        }
      }
    }
  }
  while barrier.phase < 3 { sched_yield() }
}

func theBarriersOwnExample() {
  let barrier = ThreadBarrier(parties: 4, label: "step", timeout: .seconds(5)) { phase in
    print("step \(phase) is complete")  // the last to arrive, before anyone goes on
  }
  for worker in 0..<4 {
    Thread.detachNewThread {
      try? barrier.abortOnError {  // a worker that fails frees the others
        for step in 0..<100 {
          try compute(worker, step)
          try barrier.wait()
        }
      }
    }
  }
  while barrier.phase < 100 { sched_yield() }
}

func theAsyncBarriersOwnExample() async throws {
  let barrier = AsyncBarrier(parties: 100, label: "round", timeout: .seconds(5))
  try await withThrowingTaskGroup(of: Void.self) { group in
    for worker in 0..<100 {
      group.addTask {
        try await barrier.abortOnError {  // a task that fails frees the others
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

func teams() throws {
  let shares = try withThreadTeam(size: 4, label: "sum") { member in
    let share = load(part: member.index)
    try member.wait()  // all parts are loaded
    return sum(share)
  }
  #expect(shares == [0, 1, 2, 3])
}

func theOneWhoIsLast(at barrier: ThreadBarrier) throws {
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
    try? barrier.abortOnError { _ = try barrier.wait() }
  }
  let tasks = AsyncBarrier(sharing: barrier)
  async let one = tasks.wait()
  async let other = tasks.wait()
  _ = try await (one, other)
}

func participating(in barrier: ThreadBarrier, _ parts: [Int]) throws {
  try barrier.abortOnError {
    for part in parts {
      try handle(part)  // an error here frees the other parties
      try barrier.wait()
    }
  }
}

func grantingATime() {
  let log = { (text: String) in print(text.replacing("30.0", with: "0.0")) }
  let barrier = ThreadBarrier(parties: 4, label: "halo", timeout: .seconds(30))
  barrier.abort()
  do throws(BrokenBarrierError) {
    try barrier.wait()
  } catch {
    // barrier "halo" broken in phase 17: timed out after 30.0 s …
    log("\(error)")
  }
}

func reading(anErrorOf barrier: ThreadBarrier) {
  do {
    try barrier.wait(timeout: .seconds(2))
  } catch {
    // barrier "halo" broken in phase 17: timed out after 2.0 s with 3 of 5 parties arrived
    print(error, error.isOrigin ? "- and it was I who gave up" : "")
  }
}

func reporting(stallsOf barrier: ThreadBarrier) {
  let log = { @Sendable (text: String) in print(text) }
  barrier.reportStalls(after: .seconds(5)) { log("\($0)") }
  barrier.reportStalls(after: .seconds(5)) { print($0) }
}

func lookingAt(_ barrier: ThreadBarrier) {
  print(barrier.snapshot())
  // barrier "halo", phase 17: 3 of 5 parties have arrived, 2 are missing
  //   2 threads have slept for 5.2 s at Demo/Worker.swift:42: "worker 0", "worker 3"
  //   1 task has slept for 0.8 s at Demo/Loader.swift:17: "loader"
}

func memory() throws {
  let cells = Cells(count: 4)  // a class around an array of plain memory
  try withThreadTeam(size: 4) { member in
    cells[member.index] = compute(member.index)
    try member.wait()
    let left = cells[(member.index + 3) % 4]  // what the neighbor wrote
    try member.wait()  // all have read: now the cells may be written again
    cells[member.index] += left
  }
  #expect((0..<4).map { cells[$0] } == [3, 1, 3, 5])
}

// MARK: What the samples take as given

private func compute(_ worker: Int, _ step: Int) throws {}
private func compute(_ worker: Int, _ round: Int) async throws {}
private func compute(_ member: Int) -> Int { member }
private func handle(_ part: Int) throws {}
private func load(part: Int) -> [Int] { [part] }
private func sum(_ share: [Int]) -> Int { share.reduce(0, +) }

final class World: Sendable {
  func swapBuffers() {}
}

/// `@unchecked Sendable`: the phases of a barrier guard it.
private final class Cells: @unchecked Sendable {
  private let cells: UnsafeMutableBufferPointer<Int>

  init(count: Int) {
    cells = .allocate(capacity: count)
    cells.initialize(repeating: 0)
  }

  deinit { cells.deallocate() }

  subscript(place: Int) -> Int {
    get { cells[place] }
    set { cells[place] = newValue }
  }
}
