import Testing

@testable import Barriers

/// The errors that parties of broken phases have yet to take.
struct BrokenPhasesTests {
  private func error(_ phase: UInt64) -> BrokenBarrierError {
    BrokenBarrierError(
      BreakCause(.reset), at: 0, phase: phase, arrived: 1, parties: 2, label: nil)
  }

  /// rule 1: in any order, each error once for each reader, and at the same cost however many are unread. If
  /// each were searched for among all, the watchdog would end this test.
  @Test func anyNumberOfErrorsIsTakenInAnyOrder() throws {
    let count: UInt64 = 200_000
    let reader = ThreadParticipant("reader") {
      var phases = BrokenPhases()
      for phase in 0..<count { phases.record(error(phase), readers: 2, staysBroken: false) }
      #expect(phases.unreadBreaks == Int(count))
      // From both ends to the middle, so that neither end is a short way.
      for step in 0..<count {
        let phase = step.isMultiple(of: 2) ? step / 2 : count - 1 - step / 2
        guard phases.takeError(for: phase)?.phase == phase else { throw Fault("\(phase) is missing") }
        guard phases.takeError(for: phase)?.phase == phase else { throw Fault("\(phase) was taken once") }
        guard phases.takeError(for: phase) == nil else { throw Fault("\(phase) was taken thrice") }
      }
      return phases.unreadBreaks
    }
    #expect(try reader.result.get() == 0)
  }

  /// rule 12, rule 13
  @Test func theCurrentErrorStaysUntilItIsCleared() {
    var phases = BrokenPhases()
    phases.record(error(0), readers: 1, staysBroken: true)
    #expect(phases.takeError(for: 0)?.phase == 0)
    #expect(phases.currentError?.phase == 0 && phases.unreadBreaks == 0)
    #expect(phases.clear()?.phase == 0)
    #expect(phases.currentError == nil && phases.clear() == nil && phases.takeError(for: 0) == nil)
    phases.record(error(1), readers: 1, staysBroken: true)
    #expect(phases.clear()?.phase == 1)
    #expect(phases.currentError == nil && phases.unreadBreaks == 1)
    #expect(phases.takeError(for: 1)?.phase == 1 && phases.unreadBreaks == 0)
  }
}
