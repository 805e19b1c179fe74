import Foundation
import Testing

@testable import Barriers

/// `AsyncBarrier` is the same barrier for tasks, with the same names.
struct AsyncFaceTests {
  /// rule 20
  @Test func itSharesTheBarrierAndItsProperties() {
    let barrier = ThreadBarrier(parties: 3, label: "halo")
    let faces = [AsyncBarrier(sharing: barrier), AsyncBarrier(sharing: barrier)]
    func expectAgreement() {
      for face in faces {
        #expect(face.threadBarrier === barrier)
        #expect(face.parties == 3 && face.label == "halo")
        #expect(face.phase == barrier.phase)
        #expect(face.waitingCount == barrier.waitingCount)
        #expect(face.isBroken == barrier.isBroken)
        #expect(face.description == barrier.description)
      }
    }
    expectAgreement()
    let waiting = [ParticipantKind.task, .thread].map { $0.participant(at: barrier) }
    eventually { barrier.waitingCount == 2 }
    expectAgreement()
    #expect("\(faces[0])" == "barrier \"halo\": phase 0, 2 of 3 parties waiting")
    faces[1].abort(Fault("no fuel"))
    #expect(faces[0].isBroken && faces[0].phase == 1 && faces[0].waitingCount == 0)
    expectAgreement()
    for participant in waiting {
      #expect(participant.result.barrierError?.underlyingError as? Fault == Fault("no fuel"))
    }
    faces[0].reset()
    expectAgreement()
    #expect(barrier.description == "barrier \"halo\": phase 1, 0 of 3 parties waiting")
  }

  /// rule 16, rule 24
  @Test func itsInitPassesAllArgumentsOn() {
    let runs = SharedLog<UInt64>()
    let barrier = AsyncBarrier(parties: 1, label: "halo", timeout: .zero) { runs.add($0) }
    #expect(barrier.parties == 1 && barrier.label == "halo" && barrier.phase == 0)
    let alone = TaskParticipant("alone", at: barrier.threadBarrier) { try await barrier.wait() }
    #expect(alone.result.arrival == Arrival(index: 0, phase: 0, isLast: true))
    #expect(runs.all == [0])
    let pair = AsyncBarrier(parties: 2, label: "pair", timeout: .milliseconds(2))
    let timedWaiter = TaskParticipant("timed waiter", at: pair.threadBarrier) { try await pair.wait() }
    let text = "barrier \"pair\" broken in phase 0: timed out after 2 ms with 1 of 2 parties arrived"
    #expect(timedWaiter.result.barrierError?.description == text)
    #expect(pair.description == text)
    #expect(AsyncBarrier(parties: 2).label == nil)
  }

  /// rule 16
  @Test func theErrorOfACancellationHasAReadableDescription() {
    let barrier = ThreadBarrier(parties: 3, label: "halo")
    let waiting = ParticipantKind.thread.participant("waiting", at: barrier)
    let cancelled = TaskParticipant("cancelled", at: barrier) {
      try await AsyncBarrier(sharing: barrier).wait()
    }
    eventually { barrier.waitingCount == 2 }
    cancelled.cancel()
    #expect(cancelled.isCancelled)
    let text = "barrier \"halo\" broken in phase 0: a task was cancelled with 2 of 3 parties arrived"
    #expect(waiting.result.barrierError?.description == text)
    #expect(barrier.description == text)
  }

  /// rule 12
  @Test func aTaskThatThrowsInAbortOnErrorAbortsTheBarrier() {
    let barrier = ThreadBarrier(parties: 3)
    let waiting = [ParticipantKind.task, .thread].map { $0.participant(at: barrier) }
    eventually { barrier.waitingCount == 2 }
    let failing = TaskParticipant("failing", at: barrier) {
      try await AsyncBarrier(sharing: barrier).abortOnError {
        await Task.yield()
        throw Fault("cause")
      }
    }
    #expect(throws: Fault("cause")) { try failing.result.get() }
    let cause = Cause(.aborted, by: Fault("cause"), arrived: 2)
    for participant in waiting { expect(participant.result, brokenBy: cause, at: barrier) }
    expectBrokenForAll(barrier, by: cause)
  }

  /// rule 12, rule 18: the cancellation broke the barrier first, so it stays the cause although it also
  /// passes through `abortOnError`.
  @Test func abortOnErrorKeepsAnEarlierCause() {
    let barrier = AsyncBarrier(parties: 2)
    let cancelled = TaskParticipant("cancelled", at: barrier.threadBarrier) {
      try await barrier.abortOnError {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await barrier.wait()
      }
    }
    #expect(cancelled.isCancelled)
    expectBrokenForAll(barrier.threadBarrier, by: Cause(.cancelled, arrived: 0))
  }

  /// rule 12
  @Test func abortOnErrorThrowsTheTypedErrorOfItsBodyAndAbortsWithIt() {
    let barrier = ThreadBarrier(parties: 3, label: "halo")
    let waiting = [ParticipantKind.task, .thread].map { $0.participant(at: barrier) }
    eventually { barrier.waitingCount == 2 }
    let failing = TaskParticipant("failing", at: barrier) { () async -> Result<Int, Fault> in
      // Compiles only because `abortOnError` keeps the type of the error.
      do throws(Fault) {
        return .success(
          try await AsyncBarrier(sharing: barrier).abortOnError { () async throws(Fault) -> Int in
            await Task.yield()
            throw Fault("cause")
          })
      } catch {
        return .failure(error)
      }
    }
    #expect((try? failing.result.get()) == .failure(Fault("cause")))
    let cause = Cause(.aborted, by: Fault("cause"), arrived: 2)
    for participant in waiting { expect(participant.result, brokenBy: cause, at: barrier) }
    expectBrokenForAll(barrier, by: cause)
  }

  /// rule 12
  @Test func abortOnErrorReturnsTheResultOfItsBodyWithoutAborting() {
    let barrier = AsyncBarrier(parties: 1)
    let alone = TaskParticipant("alone", at: barrier.threadBarrier) {
      try await barrier.abortOnError { [try await barrier.wait().phase, try await barrier.wait().phase] }
    }
    #expect((try? alone.result.get()) == [0, 1])
    #expect(!barrier.isBroken)
    let sum = TaskParticipant("throws nothing") { await barrier.abortOnError { 40 + 2 } }
    #expect((try? sum.result.get()) == 42)
  }

  /// rule 21
  @Test func anImpossibleNumberOfPartiesTraps() async {
    let exit = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = AsyncBarrier(parties: 0)
    }
    #expect(exit.standardErrorText.contains("A barrier cannot have 0 parties"))
  }

  /// rule 11: also on a task's thread.
  @Test func anActionThatWaitsAtItsOwnBarrierTraps() async {
    let exit = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let barrier = ThreadBarrier.passingItselfToAction(parties: 1, label: "halo") { barrier, _ in
        try barrier.wait()
      }
      let alone = TaskParticipant("alone", at: barrier) { try await AsyncBarrier(sharing: barrier).wait() }
      _ = await alone.left()
    }
    #expect(exit.standardErrorText.contains("its own action called wait()"))
  }

  /// The tests' watchdog watches tasks too.
  @Test func aTaskThatNeverLeavesEndsTheProcessAndIsReported() async {
    let exit = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let barrier = ThreadBarrier(parties: 2, label: "halo")
      let stuck = TaskParticipant("stuck task", at: barrier, limit: .milliseconds(100)) {
        try await AsyncBarrier(sharing: barrier).wait()
      }
      _ = await stuck.left()
    }
    #expect(exit.standardErrorText.contains("stuck: stuck task"))
    #expect(
      exit.standardErrorText.contains("barrier \"halo\", phase 0: 1 of 2 parties has arrived, 1 is missing"))
  }
}
