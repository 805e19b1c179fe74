import Foundation

/// How long the tests wait, and how long stress tests run. Two environment variables set these limits:
///
/// - `BARRIERS_TEST_LIMIT_SECONDS`: how long until a party counts as stuck. 20 by default, and four times
///   as much under ThreadSanitizer.
/// - `BARRIERS_STRESS_SECONDS`: how long each stress test runs. One second by default.
enum Limits {
  /// Far longer than anything that a test waits for.
  static let hang: Duration =
    environment("BARRIERS_TEST_LIMIT_SECONDS") ?? .seconds(isThreadSanitized ? 80 : 20)

  static let stress: Duration = environment("BARRIERS_STRESS_SECONDS") ?? .seconds(1)

  private static func environment(_ name: String) -> Duration? {
    ProcessInfo.processInfo.environment[name].flatMap(Double.init).map { .seconds($0) }
  }

  private static let isThreadSanitized = dlsym(dlopen(nil, RTLD_NOW), "__tsan_init") != nil
}

/// Calls `round` with 0, 1, 2 … until the time for a stress test is over, but at least once. A test with many
/// arguments may use `1 / share` of that time for each.
func stress(share: Int = 1, _ round: (_ number: Int) throws -> Void) rethrows {
  let end = ContinuousClock.now + Limits.stress / share
  var number = 0
  repeat {
    try round(number)
    number += 1
  } while ContinuousClock.now < end
}
