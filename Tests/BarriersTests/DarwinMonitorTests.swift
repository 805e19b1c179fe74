import CDarwinMonitor
import Foundation
import Testing

/// The monitor as compiled on Darwin, over simulated system calls with results that were observed there.
struct DarwinMonitorTests {
  enum Sleep: CaseIterable, Sendable {
    case untimed, timed

    func result(_ answer: darwin_answer, earlier: Int32 = 0) -> (error: Int32, calls: darwin_calls) {
      var calls = darwin_calls()
      let error =
        switch self {
        case .untimed: darwin_monitor_waits(answer, earlier, &calls)
        case .timed: darwin_monitor_waits_for(1_000, answer, earlier, &calls)
        }
      return (error, calls)
    }
  }

  /// rule 23
  @Test(arguments: Sleep.allCases)
  func aSleepThatFailsUnderLoadIsASpuriousWakeUp(sleep: Sleep) {
    for (error, number) in [(EAGAIN, 0), (EAGAIN, EINVAL), (EINVAL, EBUSY)] {
      let (result, calls) = sleep.result(darwin_answer(error: error, error_number: number, times: 1))
      #expect(result == 0)
      #expect(calls.waits == 1 && calls.is_locked)
    }
  }

  /// rule 23: `EBUSY` counts only if this call set it, and only with `EINVAL`.
  @Test(arguments: Sleep.allCases)
  func aSleepThatFailsForOtherReasonsIsAnError(sleep: Sleep) {
    for (error, number, earlier) in [
      (EINVAL, 0, 0), (EINVAL, 0, EBUSY), (EINVAL, EINVAL, EBUSY), (EBUSY, EBUSY, 0), (EPERM, EBUSY, EBUSY),
    ] {
      let answer = darwin_answer(error: error, error_number: number, times: 1)
      #expect(sleep.result(answer, earlier: earlier).error == error)
    }
  }

  /// rule 23
  @Test func aSleepThatTimesOutIsNoError() {
    #expect(Sleep.timed.result(darwin_answer(error: ETIMEDOUT, error_number: 0, times: 1)).error == 0)
    #expect(Sleep.untimed.result(darwin_answer()).error == 0)
  }

  /// rule 15
  @Test(arguments: [1, 999_999_999, 1_000_000_000, 1_000_000_001, 12_345_678_912_345, UInt64.max])
  func aSleepLastsAsLongAsRequestedButAtMostTenSeconds(nanoseconds: UInt64) {
    var calls = darwin_calls()
    #expect(darwin_monitor_waits_for(nanoseconds, darwin_answer(), 0, &calls) == 0)
    #expect(calls.nanoseconds == min(nanoseconds, 10_000_000_000))
  }

  /// rule 23: otherwise sleeping threads would not wake up.
  @Test(arguments: [0, 1, 5])
  func aBroadcastThatFailsUnderLoadIsRepeatedUnderTheLock(failures: Int) {
    var calls = darwin_calls()
    let answer = darwin_answer(error: EAGAIN, error_number: 0, times: failures)
    #expect(darwin_monitor_unlocks_and_broadcasts(answer, 0, &calls) == 0)
    #expect(calls.broadcasts == failures + 1)
    #expect(calls.broadcasts_without_lock == 0)
    #expect(!calls.is_locked)
  }

  /// rule 23
  @Test func aBroadcastThatFailsForOtherReasonsIsAnErrorAndUnlocks() {
    var calls = darwin_calls()
    let answer = darwin_answer(error: EINVAL, error_number: EBUSY, times: 1)
    #expect(darwin_monitor_unlocks_and_broadcasts(answer, 0, &calls) == EINVAL)
    #expect(calls.broadcasts == 1 && !calls.is_locked)
  }
}
