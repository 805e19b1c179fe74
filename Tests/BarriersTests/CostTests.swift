import CCounters
import Foundation
import Testing

@testable import Barriers

/// Upper bounds on what a phase costs: locks, system calls and allocations, which can be counted exactly.
///
/// The benchmarks measure times.
struct CostTests {
  #if os(Linux)
  /// rule 5. Not under a sanitizer, because its locks sleep.
  @Test(.enabled(if: counters_work()), arguments: [WaitStrategy.adaptive, .parking])
  func aSinglePartyNeverGivesUpItsProcessor(strategy: WaitStrategy) {
    let barrier = ThreadBarrier(parties: 1, strategy: strategy) { _ in }
    let alone = ThreadParticipant("alone", at: barrier) {
      let before = switches()
      for _ in 0..<10_000 { try barrier.wait() }
      return switches() - before
    }
    #expect((try? alone.result.get()) == 0)
  }
  #endif

  /// rule 5
  @Test(.enabled(if: counters_work()), arguments: [WaitStrategy.adaptive, .parking])
  func aPhaseWithoutSleepTakesNoLockAndAllocatesNothing(strategy: WaitStrategy) throws {
    let barrier = ThreadBarrier(parties: 1, timeout: .seconds(1), strategy: strategy) { _ in }
    let alone = ThreadParticipant("alone", at: barrier) {
      let before = counters_of_this_thread()
      for _ in 0..<10_000 { try barrier.wait() }
      return counters_of_this_thread() - before
    }
    let cost = try alone.result.get()
    #expect(cost.locks == 0 && cost.sleeps == 0 && cost.broadcasts == 0 && cost.allocations == 0)
  }

  /// rule 2: falling asleep, waking up and waking the others each take the lock once. Each sleep and each
  /// broadcast is one system call.
  @Test(.enabled(if: counters_work()), arguments: [WaitStrategy.adaptive, .parking])
  func aPhaseAllocatesNothingAndTakesOneSystemCallForEachParty(strategy: WaitStrategy) throws {
    let (count, phases) = (4, 2_000)
    let barrier = ThreadBarrier(parties: count, strategy: strategy) { _ in }
    let costs = try onThreads(count, at: barrier) { _ in
      // Warm-up: after it, the runtime has created what it creates once.
      for _ in 0..<100 { try barrier.wait(timeout: .seconds(1 << 40)) }
      let before = counters_of_this_thread()
      for _ in 0..<phases { try barrier.wait(timeout: .seconds(1 << 40)) }
      return counters_of_this_thread() - before
    }.map { try $0.get() }
    #expect(costs.allSatisfy { $0.allocations == 0 })
    func all(_ count: KeyPath<counters, Int>) -> Int { costs.map { $0[keyPath: count] }.reduce(0, +) }
    let (locks, sleeps, broadcasts) = (all(\.locks), all(\.sleeps), all(\.broadcasts))
    // One more phase: some parties may still be waking up, or waking others, when counting starts.
    #expect(broadcasts <= phases + 1)
    #expect(locks - sleeps <= count * (phases + 1))
    // Occasionally a broadcast wakes a party that falls asleep in the next phase, and it sleeps again.
    #expect(sleeps + broadcasts <= count * (phases + 1) + phases / 10)
  }

  @Test(.enabled(if: counters_work()), arguments: [WaitStrategy.adaptive, .parking])
  func aBarrierTakesHalfAKilobyte(strategy: WaitStrategy) throws {
    let alone = ThreadParticipant("alone") {
      // More parties than processors, because otherwise a barrier of three or more also has a ReleaseCounter.
      let fewest = WaitPolicy.usableProcessors + 1
      func create() -> [ThreadBarrier] {
        (0..<100).map { ThreadBarrier(parties: fewest + $0, strategy: strategy) }
      }
      _ = create()  // The first barrier of each size class creates what all of that class share.
      let before = counters_of_this_thread()
      let barriers = create()
      let cost = counters_of_this_thread() - before
      return (cost.bytes - MemoryLayout<ThreadBarrier>.stride * barriers.count) / barriers.count
    }
    let bytes = try alone.result.get()
    #expect(bytes <= 512)
  }

  /// rule 13, rule 22: in its own process, because other tests allocate memory too.
  @Test(.enabled(if: isFreedMemoryReused))
  func aBarrierDoesNotGrowWithTheNumberOfItsPhases() async {
    await #expect(processExitsWith: .success) {
      let single = ThreadBarrier(parties: 1) { phase in
        if phase.isMultiple(of: 3) { throw Fault("a failure") }
      }
      let pair = ThreadBarrier(parties: 2, label: "pair")
      let alone = ThreadParticipant("alone") {
        func run() {
          for _ in 0..<30_000 {
            _ = try? single.wait()
            single.reset()
            _ = try? pair.wait(timeout: .zero)
            pair.abort(Fault("too late"))
            _ = try? pair.wait()
            pair.reset()
            pair.abort(Fault("idle"))
            pair.reset()
          }
        }
        run()
        let before = residentKilobytes()
        run()
        return residentKilobytes() - before
      }
      let grown = (try? alone.result.get()) ?? .max
      #expect(grown < 1_024)
    }
  }
}

#if os(Linux)
/// How often this thread has gone to sleep (voluntary context switches).
private func switches() -> Int {
  var usage = rusage()
  getrusage(1, &usage)  // RUSAGE_THREAD, which Swift does not import
  return usage.ru_nvcsw
}
#endif

extension counters {
  static func - (later: counters, earlier: counters) -> counters {
    counters(
      allocations: later.allocations - earlier.allocations, bytes: later.bytes - earlier.bytes,
      locks: later.locks - earlier.locks,
      sleeps: later.sleeps - earlier.sleeps, broadcasts: later.broadcasts - earlier.broadcasts)
  }
}
