import Testing

@testable import Barriers

/// The descriptions of errors and barriers.
struct DescriptionTests {
  /// rule 16
  @Test func theDescriptionOfAnErrorNamesReasonPhaseAndArrivals() {
    func text(
      _ reason: BrokenBarrierError.Reason, _ fault: Fault? = nil, after timeout: Duration? = nil,
      label: String? = "halo"
    ) -> String {
      let cause = BreakCause(reason, fault, after: timeout)
      return BrokenBarrierError(cause, at: 0, phase: 17, arrived: 3, parties: 5, label: label).description
    }
    let start = "barrier \"halo\" broken in phase 17: "
    let end = " with 3 of 5 parties arrived"
    #expect(text(.timedOut, after: .seconds(2)) == start + "timed out after 2.0 s" + end)
    #expect(text(.timedOut, after: .milliseconds(2500)) == start + "timed out after 2.5 s" + end)
    #expect(text(.timedOut, after: .microseconds(250)) == start + "timed out after 250 µs" + end)
    #expect(text(.timedOut, after: .zero) == start + "timed out after 0 s" + end)
    #expect(text(.aborted) == start + "aborted" + end)
    #expect(text(.aborted, Fault("no fuel")).hasPrefix(start + "aborted" + end))
    #expect(text(.aborted, Fault("no fuel")).hasSuffix(": no fuel"))
    #expect(text(.actionFailed, Fault("no fuel")).hasPrefix(start + "the action failed" + end))
    #expect(text(.actionFailed, Fault("no fuel")).hasSuffix(": no fuel"))
    #expect(text(.reset) == start + "reset" + end)
    #expect(text(.cancelled) == start + "a task was cancelled" + end)
    #expect(text(.reset, label: nil) == "barrier broken in phase 17: reset" + end)
  }

  /// rule 16
  @Test(arguments: [
    (Duration.nanoseconds(1), "0.001 µs"), (.microseconds(50), "50 µs"), (.nanoseconds(2_500), "2.5 µs"),
    (.milliseconds(1), "1 ms"), (.microseconds(1_250), "1.25 ms"), (.milliseconds(99), "99 ms"),
    (.milliseconds(100), "0.1 s"), (.seconds(1), "1.0 s"), (.milliseconds(1_050), "1.05 s"),
    (.seconds(86_400 * 365 * 100), "3153600000.0 s"), (.seconds(-1), "0 s"),
  ])
  func timesReadAsAPersonWritesThem(duration: Duration, text: String) {
    #expect(duration.text == text)
  }

  /// rule 16
  @Test(arguments: [
    ("two\nlines", "two\\nlines"), ("a\0b\t\r", "a\\0b\\t\\r"), ("bell \u{7}", "bell \\u{07}"),
    ("line\u{2028}separator", "line\\u{2028}separator"), ("\"quoted\" \\", "\\\"quoted\\\" \\\\"),
    ("Übung 👩‍🔬 it's", "Übung 👩‍🔬 it's"),
  ])
  func labelsAreShownOnOneLine(label: String, text: String) {
    let barrier = ThreadBarrier(parties: 2, label: label)
    #expect("\(barrier)" == "barrier \"\(text)\": phase 0, 0 of 2 parties waiting")
    #expect("\(barrier.snapshot())".hasPrefix("barrier \"\(text)\", phase 0: "))
    barrier.abort()
    #expect("\(barrier.snapshot().error!)".hasPrefix("barrier \"\(text)\" broken in phase 0: aborted"))
  }

  /// rule 16
  @Test func theErrorOfATimeoutHasThisDescription() {
    let barrier = ThreadBarrier(parties: 5, label: "halo", timeout: .milliseconds(1500))
    for _ in 0..<17 {
      barrier.abort()
      barrier.reset()
    }
    let waiting = (0..<2).map { _ in
      ThreadParticipant("waiting", at: barrier) { try barrier.wait(timeout: .seconds(3600)) }
    }
    eventually { barrier.waitingCount == 2 }
    let timedWaiter = ThreadParticipant("timed waiter", at: barrier) {
      try barrier.wait(timeout: .milliseconds(2))
    }
    let text = "barrier \"halo\" broken in phase 17: timed out after 2 ms with 3 of 5 parties arrived"
    for party in waiting + [timedWaiter] { #expect(party.result.barrierError?.description == text) }
    #expect("\(barrier)" == text)
  }

  /// rule 24
  @Test(arguments: [(nil, "barrier"), ("halo", "barrier \"halo\"")])
  func theDescriptionOfABarrierNamesLabelPhaseWaitersAndCause(label: String?, name: String) {
    let barrier = ThreadBarrier(parties: 3, label: label)
    #expect(barrier.description == "\(name): phase 0, 0 of 3 parties waiting")
    let waiting = ThreadParticipant("waiting", at: barrier) { try barrier.wait() }
    eventually { barrier.waitingCount == 1 }
    #expect(barrier.description == "\(name): phase 0, 1 of 3 parties waiting")
    barrier.reset()
    #expect(waiting.result.barrierError?.reason == .reset)
    #expect(barrier.description == "\(name): phase 1, 0 of 3 parties waiting")
    barrier.abort(Fault("no fuel"))
    #expect(barrier.description.hasPrefix("\(name) broken in phase 1: aborted with 0 of 3 parties arrived"))
    #expect(barrier.description.hasSuffix(": no fuel"))
    barrier.reset()
    #expect(barrier.description == "\(name): phase 2, 0 of 3 parties waiting")
  }

  /// rule 24
  @Test func theDescriptionIsConsistentWhileTheBarrierBreaksAndIsReset() {
    let barrier = ThreadBarrier(parties: 2, label: "halo")
    let isOver = Counter()
    let readers = (0..<2).map { _ in
      ThreadParticipant("reader", at: barrier) {
        var others = 0
        repeat {
          let text = barrier.description
          let isOpen = text.hasSuffix(", 0 of 2 parties waiting")
          let isBroken = text.contains(": aborted with 0 of 2 parties arrived") && text.hasSuffix(": no fuel")
          if !(text.hasPrefix("barrier \"halo\"") && (isOpen || isBroken)) { others += 1 }
        } while isOver.now == 0
        return others
      }
    }
    for _ in 0..<2_000 {
      barrier.abort(Fault("no fuel"))
      barrier.reset()
    }
    isOver.add()
    for reader in readers { #expect((try? reader.result.get()) == 0) }
  }
}
