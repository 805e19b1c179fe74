// swift-format-ignore-file
// Each sample of the documentation, compiled inside closures. To write this file again:
//
//     BARRIERS_WRITE_SAMPLES=1 swift test --filter DocumentationTests
//
// If a sample does not compile, correct it in the document that is named above it, empty this file, and
// write it again.

import Barriers
import Foundation

// README.md
enum SamplesOfREADME {
  static func sample1OnAThread() {
    Thread.detachNewThread {
      attempt {
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
        _ = barrier
      }
    }
  }

  static func sample1InATeam() throws {
    try withThreadTeam(size: 1) { member in
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
      _ = barrier
    }
  }

  static func sample2InATask() {
    _ = Task {
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
      _ = barrier
    }
  }

  static func sample3OnAThread() {
    Thread.detachNewThread {
      attempt {
        let shares = try withThreadTeam(size: 4, label: "sum") { member in
          let share = load(part: member.index)
          try member.wait()
          return sum(share)
        }
        _ = shares
      }
    }
  }

  static func sample3InATeam() throws {
    try withThreadTeam(size: 1) { member in
      let shares = try withThreadTeam(size: 4, label: "sum") { member in
        let share = load(part: member.index)
        try member.wait()
        return sum(share)
      }
      _ = shares
    }
  }
}

// Sources/Barriers/Barriers.docc/Barriers.md
enum SamplesOfBarriersdoccBarriers {
  static func sample1OnAThread() {
    Thread.detachNewThread {
      attempt {
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
        _ = workers
        _ = barrier
      }
    }
  }

  static func sample1InATeam() throws {
    try withThreadTeam(size: 1) { member in
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
      _ = workers
      _ = barrier
    }
  }
}

// Sources/Barriers/Barriers.docc/ChoosingABarrier.md
enum SamplesOfBarriersdoccChoosingABarrier {
  static func sample1OnAThread() {
    Thread.detachNewThread {
      attempt {
        if try barrier.wait().isLast { print("all are through") }
      }
    }
  }

  static func sample1InATeam() throws {
    try withThreadTeam(size: 1) { member in
      if try barrier.wait().isLast { print("all are through") }
    }
  }

  static func sample2OnAThread() {
    Thread.detachNewThread {
      attempt {
        final class Simulation: Sendable {
          private let world: World
          private let barrier: ThreadBarrier
          init(workers: Int) {
            let world = World()
            self.world = world
            barrier = ThreadBarrier(parties: workers) { _ in world.swapBuffers() }
          }
        }
      }
    }
  }

  static func sample2InATeam() throws {
    try withThreadTeam(size: 1) { member in
      final class Simulation: Sendable {
        private let world: World
        private let barrier: ThreadBarrier
        init(workers: Int) {
          let world = World()
          self.world = world
          barrier = ThreadBarrier(parties: workers) { _ in world.swapBuffers() }
        }
      }
    }
  }
}

// Sources/Barriers/Barriers.docc/MemoryOrdering.md
enum SamplesOfBarriersdoccMemoryOrdering {
  static func sample1OnAThread() {
    Thread.detachNewThread {
      attempt {
        let cells = Cells(count: 4)
        try withThreadTeam(size: 4) { member in
          cells[member.index] = compute(member.index)
          try member.wait()
          let left = cells[(member.index + 3) % 4]
          try member.wait()
          cells[member.index] += left
        }
        _ = cells
      }
    }
  }

  static func sample1InATeam() throws {
    try withThreadTeam(size: 1) { member in
      let cells = Cells(count: 4)
      try withThreadTeam(size: 4) { member in
        cells[member.index] = compute(member.index)
        try member.wait()
        let left = cells[(member.index + 3) % 4]
        try member.wait()
        cells[member.index] += left
      }
      _ = cells
    }
  }
}

// Sources/Barriers/Barriers.docc/ThreadsQueuesAndTasks.md
enum SamplesOfBarriersdoccThreadsQueuesAndTasks {
  static func sample1InATask() {
    _ = Task {
      let barrier = ThreadBarrier(parties: 3, label: "both")
      Thread.detachNewThread {
        try? barrier.abortOnError { try barrier.wait() }
      }
      let tasks = AsyncBarrier(sharing: barrier)
      async let one = tasks.wait()
      async let other = tasks.wait()
      _ = try await (one, other)
      _ = barrier
      _ = tasks
    }
  }
}

// Sources/Barriers/Barriers.docc/WhenThingsGoWrong.md
enum SamplesOfBarriersdoccWhenThingsGoWrong {
  static func sample1OnAThread() {
    Thread.detachNewThread {
      attempt {
        try barrier.abortOnError {
          for part in parts {
            try handle(part)
            try barrier.wait()
          }
        }
      }
    }
  }

  static func sample1InATeam() throws {
    try withThreadTeam(size: 1) { member in
      try barrier.abortOnError {
        for part in parts {
          try handle(part)
          try barrier.wait()
        }
      }
    }
  }

  static func sample2OnAThread() {
    Thread.detachNewThread {
      attempt {
        let barrier = ThreadBarrier(parties: 4, label: "halo", timeout: .seconds(30))
        _ = barrier
      }
    }
  }

  static func sample2InATeam() throws {
    try withThreadTeam(size: 1) { member in
      let barrier = ThreadBarrier(parties: 4, label: "halo", timeout: .seconds(30))
      _ = barrier
    }
  }

  static func sample3OnAThread() {
    Thread.detachNewThread {
      do throws(BrokenBarrierError) {
        try barrier.wait()
      } catch {
        log("\(error)")
      }
    }
  }

  static func sample3InATeam() throws {
    try withThreadTeam(size: 1) { member in
      do throws(BrokenBarrierError) {
        try barrier.wait()
      } catch {
        log("\(error)")
      }
    }
  }

  static func sample4InATask() {
    _ = Task {
      do {
        try await AsyncBarrier(sharing: barrier).wait(timeout: .seconds(2))
      } catch let error as BrokenBarrierError {
        log("\(error)")
      } catch is CancellationError {
        log("cancelled")
      }
    }
  }

  static func sample5OnAThread() {
    Thread.detachNewThread {
      attempt {
        barrier.reportStalls(after: .seconds(5)) { log("\($0)") }
      }
    }
  }

  static func sample5InATeam() throws {
    try withThreadTeam(size: 1) { member in
      barrier.reportStalls(after: .seconds(5)) { log("\($0)") }
    }
  }
}

// Sources/Barriers/AsyncBarrier.swift
enum SamplesOfAsyncBarrier {
  static func sample1InATask() {
    _ = Task {
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
      _ = barrier
    }
  }
}

// Sources/Barriers/BrokenBarrierError.swift
enum SamplesOfBrokenBarrierError {
  static func sample1OnAThread() {
    Thread.detachNewThread {
      do throws(BrokenBarrierError) {
        try barrier.wait(timeout: .seconds(2))
      } catch {
        print(error, error.isOrigin ? "(this party's timeout)" : "")
      }
    }
  }

  static func sample1InATeam() throws {
    try withThreadTeam(size: 1) { member in
      do throws(BrokenBarrierError) {
        try barrier.wait(timeout: .seconds(2))
      } catch {
        print(error, error.isOrigin ? "(this party's timeout)" : "")
      }
    }
  }
}

// Sources/Barriers/Diagnostics/BarrierSnapshot.swift
enum SamplesOfDiagnosticsBarrierSnapshot {
  static func sample1OnAThread() {
    Thread.detachNewThread {
      attempt {
        print(barrier.snapshot())
      }
    }
  }

  static func sample1InATeam() throws {
    try withThreadTeam(size: 1) { member in
      print(barrier.snapshot())
    }
  }
}

// Sources/Barriers/Diagnostics/StallReports.swift
enum SamplesOfDiagnosticsStallReports {
  static func sample1OnAThread() {
    Thread.detachNewThread {
      attempt {
        barrier.reportStalls(after: .seconds(5)) { print($0) }
      }
    }
  }

  static func sample1InATeam() throws {
    try withThreadTeam(size: 1) { member in
      barrier.reportStalls(after: .seconds(5)) { print($0) }
    }
  }
}

// Sources/Barriers/ThreadBarrier.swift
enum SamplesOfThreadBarrier {
  static func sample1OnAThread() {
    Thread.detachNewThread {
      attempt {
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
        _ = barrier
      }
    }
  }

  static func sample1InATeam() throws {
    try withThreadTeam(size: 1) { member in
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
      _ = barrier
    }
  }
}
