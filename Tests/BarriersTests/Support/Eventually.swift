import Foundation
import Testing

/// Polls until the condition holds, for example a state of the barrier that other threads bring about.
/// Fails the test after ``Limits/hang``.
func eventually(
  sourceLocation: SourceLocation = #_sourceLocation, _ condition: () -> Bool
) {
  let deadline = ContinuousClock.now + Limits.hang
  while !condition() {
    guard ContinuousClock.now < deadline else {
      Issue.record("The condition did not become true in time.", sourceLocation: sourceLocation)
      return
    }
    sched_yield()
  }
}

/// Waits until `deadline` is in the past.
func waitPast(_ deadline: ContinuousClock.Instant) {
  eventually { ContinuousClock.now > deadline }
}
