import CCounters
import Foundation
import Testing

@testable import Barriers

/// What a phase does not cost.
///
/// How long a phase takes is for the benchmarks; here stands only what can be counted without error.
struct CostTests {
  #if os(Linux)
  /// rule 5. Not under a sanitizer, whose own locks sleep.
  @Test(.enabled(if: counters_work()), arguments: [WaitStrategy.adaptive, .parking])
  func onePartyNeverGivesUpItsProcessor(strategy: WaitStrategy) {
    let barrier = ThreadBarrier(parties: 1, strategy: strategy) { _ in }
    let alone = ThreadParticipant("alone", at: barrier) {
      let before = switches()
      for _ in 0..<10_000 { try barrier.wait() }
      return switches() - before
    }
    #expect((try? alone.result.get()) == 0)
  }
  #endif

  /// rule 5: nobody sleeps in it, so it takes no lock and wakes nobody.
  @Test(.enabled(if: counters_work()), arguments: [WaitStrategy.adaptive, .parking])
  func aPhaseInWhichNobodySleepsTakesNoLockAndAllocatesNothing(strategy: WaitStrategy) throws {
    let barrier = ThreadBarrier(parties: 1, timeout: .seconds(1), strategy: strategy) { _ in }
    let alone = ThreadParticipant("alone", at: barrier) {
      let before = counters_of_this_thread()
      for _ in 0..<10_000 { try barrier.wait() }
      return counters_of_this_thread() - before
    }
    let cost = try alone.result.get()
    #expect(cost.locks == 0 && cost.sleeps == 0 && cost.broadcasts == 0 && cost.allocations == 0)
  }

  /// rule 2: to sleep and to wake up takes the lock once each, waking all the others takes it once; and each of these is one
  /// system call.
  @Test(.enabled(if: counters_work()), arguments: [WaitStrategy.adaptive, .parking])
  func aPhaseAllocatesNothingAndCallsTheSystemOnceAParty(strategy: WaitStrategy) throws {
    let (count, phases) = (4, 2_000)
    let barrier = ThreadBarrier(parties: count, strategy: strategy) { _ in }
    let costs = try crew(of: count, at: barrier) { _ in
      // By then the runtime has what it makes once.
      for _ in 0..<100 { try barrier.wait(timeout: .seconds(1 << 40)) }
      let before = counters_of_this_thread()
      for _ in 0..<phases { try barrier.wait(timeout: .seconds(1 << 40)) }
      return counters_of_this_thread() - before
    }.map { try $0.get() }
    #expect(costs.allSatisfy { $0.allocations == 0 })
    func all(_ count: KeyPath<counters, Int>) -> Int { costs.map { $0[keyPath: count] }.reduce(0, +) }
    let (locks, sleeps, broadcasts) = (all(\.locks), all(\.sleeps), all(\.broadcasts))
    // One phase more: some may still be waking, or waking others, when the counts begin.
    #expect(broadcasts <= phases + 1)
    #expect(locks - sleeps <= count * (phases + 1))
    // Now and then a waking meets one who is about to sleep for the next phase, and who does so anew.
    #expect(sleeps + broadcasts <= count * (phases + 1) + phases / 10)
  }

  @Test(.enabled(if: counters_work()), arguments: [WaitStrategy.adaptive, .parking])
  func aBarrierTakesHalfAKilobyte(strategy: WaitStrategy) throws {
    let alone = ThreadParticipant("alone") {
      // Up to as many parties as processors, a barrier of three and more has a bell besides.
      let fewest = WaitPolicy.usableProcessors + 1
      func make() -> [ThreadBarrier] {
        (0..<100).map { ThreadBarrier(parties: fewest + $0, strategy: strategy) }
      }
      _ = make()  // The first of about a size makes what all of that size share.
      let before = counters_of_this_thread()
      let barriers = make()
      let cost = counters_of_this_thread() - before
      return (cost.bytes - MemoryLayout<ThreadBarrier>.stride * barriers.count) / barriers.count
    }
    let bytes = try alone.result.get()
    #expect(bytes <= 512)
  }

  /// rule 13, rule 22: in a process of its own, for other tests need memory too.
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
/// How often this thread has gone to sleep.
private func switches() -> Int {
  var usage = rusage()
  getrusage(1, &usage)  // RUSAGE_THREAD, which the importer does not see
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
