import Foundation
import Testing

/// Waits until the condition holds, by asking again and again: for a state of the barrier that other threads are
/// bringing about. Fails the test if it never comes.
func eventually(
  sourceLocation: SourceLocation = #_sourceLocation, _ condition: () -> Bool
) {
  let deadline = ContinuousClock.now + Limits.patience
  while !condition() {
    guard ContinuousClock.now < deadline else {
      Issue.record("This never came true.", sourceLocation: sourceLocation)
      return
    }
    sched_yield()
  }
}

/// Waits until the clock shows more than `deadline`.
func passing(_ deadline: ContinuousClock.Instant) {
  eventually { ContinuousClock.now > deadline }
}
