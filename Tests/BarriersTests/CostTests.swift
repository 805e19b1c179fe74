import Foundation
import Testing

@testable import Barriers

/// What a phase does not cost.
///
/// How long a phase takes is for the benchmarks; here stands only what can be counted without error.
struct CostTests {
  #if os(Linux)
  /// rule 5
  @Test(arguments: [WaitStrategy.adaptive, .parking])
  func onePartyNeverGivesUpItsProcessor(strategy: WaitStrategy) {
    let barrier = ThreadBarrier(parties: 1, strategy: strategy) { _ in }
    let alone = Party("alone", at: barrier) {
      let before = switches()
      for _ in 0..<10_000 { try barrier.wait() }
      return switches() - before
    }
    #expect((try? alone.result.get()) == 0)
  }
  #endif

  /// rule 13, rule 22: in a process of its own, for other tests need memory too.
  @Test func aBarrierDoesNotGrowWithTheNumberOfItsPhases() async {
    await #expect(processExitsWith: .success) {
      let single = ThreadBarrier(parties: 1) { phase in
        if phase.isMultiple(of: 3) { throw Fault("a failure") }
      }
      let pair = ThreadBarrier(parties: 2, label: "pair")
      let alone = Party("alone") {
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

/// The most memory that this process has had at once.
private func residentKilobytes() -> Int {
  var usage = rusage()
  #if canImport(Darwin)
  getrusage(RUSAGE_SELF, &usage)
  return usage.ru_maxrss / 1024
  #else
  getrusage(0, &usage)  // RUSAGE_SELF, which has several types
  return usage.ru_maxrss
  #endif
}

#if os(Linux)
/// How often this thread has gone to sleep.
private func switches() -> Int {
  var usage = rusage()
  getrusage(1, &usage)  // RUSAGE_THREAD, which the importer does not see
  return usage.ru_nvcsw
}
#endif
