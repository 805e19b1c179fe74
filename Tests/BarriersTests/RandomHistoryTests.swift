import BarrierModel
import Foundation
import Testing

@testable import Barriers

/// Threads and tasks perform random operations, and some sequential order of these must explain every result.
///
/// A seed decides which operations they perform, but not when:
/// `BARRIERS_TEST_SEED=17 swift test --filter RandomHistoryTests` repeats the same operations.
struct RandomHistoryTests {
  private static let seed = ProcessInfo.processInfo.environment["BARRIERS_TEST_SEED"].flatMap(UInt64.init)

  /// rule 1, rule 3, rule 4, rule 7, rule 8, rule 9, rule 12, rule 13, rule 14, rule 18, rule 20
  @Test func theRulesAllowEveryHistory() {
    ThreadPoolExecutor.with(threads: 2) { pool in
      stress { round in
        let seed = Self.seed ?? UInt64.random(in: 0..<1_000_000)
        let barrier = Plan(seed: seed, tasks: 0...3, threads: 0...3).execute(on: pool)
        if let violation = barrier.violation {
          Issue.record("The rules do not allow this history of BARRIERS_TEST_SEED=\(seed):\n\(violation)")
        }
      }
    }
  }
}
