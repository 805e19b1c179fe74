import Foundation

/// How long the tests wait, and how long they try. Two environment variables scale both:
///
/// - `BARRIERS_TEST_LIMIT_SECONDS`: after how long a party counts as stuck. 20 by default, and four times as much
///   under ThreadSanitizer.
/// - `BARRIERS_STRESS_SECONDS`: how long each stress test goes on. One second by default.
enum Limits {
  /// Nothing that a test waits for takes nearly as long.
  static let patience: Duration =
    environment("BARRIERS_TEST_LIMIT_SECONDS") ?? .seconds(isThreadSanitized ? 80 : 20)

  static let stress: Duration = environment("BARRIERS_STRESS_SECONDS") ?? .seconds(1)

  private static func environment(_ name: String) -> Duration? {
    ProcessInfo.processInfo.environment[name].flatMap(Double.init).map { .seconds($0) }
  }

  private static let isThreadSanitized = dlsym(dlopen(nil, RTLD_NOW), "__tsan_init") != nil
}

/// Calls `round` with 0, 1, 2 … until the time for a stress test is over; once at least. A test that is run with
/// many arguments may take a share of that time for each.
func stress(share: Int = 1, _ round: (_ number: Int) throws -> Void) rethrows {
  let end = ContinuousClock.now + Limits.stress / share
  var number = 0
  repeat {
    try round(number)
    number += 1
  } while ContinuousClock.now < end
}
