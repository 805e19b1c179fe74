import BarrierModel
import Testing

/// Which histories the sequential barrier explains, and which not. Barriers of other libraries have produced
/// each of these.
struct HistoryTests {
  private typealias Breakage = History.Breakage

  /// rule 1
  @Test func aPhaseHasOneOutcome() {
    #expect(isExplained { $0.meet([.arrived(phase: 0, index: 0), .arrived(phase: 0, index: 1)]) })
    #expect(
      !isExplained { history in
        let aborted = Breakage(.aborted, cause: "x", phase: 0, arrived: 2)
        let calls = [history.begin(.wait()), history.begin(.wait())]
        history.at(.abort(cause: "x"), .done)
        history.end(calls[0], .arrived(phase: 0, index: 0))
        history.end(calls[1], .broken(aborted, isOrigin: false))
      })
  }

  /// rule 1: an abort after the last arrival, before the first party has woken up.
  @Test func anAbortAfterCompletionChangesNothing() {
    #expect(
      !isExplained { history in
        let call = history.begin(.wait())
        history.at(.wait(), .arrived(phase: 0, index: 1))
        history.at(.abort(cause: "x"), .done)
        history.end(call, .broken(Breakage(.aborted, cause: "x", phase: 0, arrived: 1), isOrigin: false))
      })
  }

  /// rule 3
  @Test func arrivalIndicesAreUniqueAndInOrder() {
    #expect(!isExplained { $0.meet([.arrived(phase: 0, index: 0), .arrived(phase: 0, index: 0)]) })
    #expect(!isExplained { $0.meet([.arrived(phase: 0, index: 1), .arrived(phase: 0, index: 2)]) })
    #expect(!isExplained { $0.at(.wait(), .arrived(phase: 0, index: 0)) })
  }

  /// rule 7
  @Test func theActionRunsOnceBeforeAnyPartyIsReleased() {
    enum Event { case action, release }
    func history(_ events: Event...) -> Bool {
      isExplained(hasAction: true) { history in
        let calls = [history.begin(.wait()), history.begin(.wait())]
        for event in events {
          switch event {
          case .action:
            history.note(.actionBegan(phase: 0, call: 1))
            history.note(.actionEnded(phase: 0, failure: nil))
          case .release:
            for (index, call) in calls.enumerated() { history.end(call, .arrived(phase: 0, index: index)) }
          }
        }
      }
    }
    #expect(history(.action, .release))
    #expect(!history(.release))
    #expect(!history(.release, .action))
    #expect(!history(.action, .action, .release))
  }

  /// rule 8
  @Test func aFailedActionBreaksThePhaseForAllAndHasOneOrigin() {
    let failed = Breakage(.actionFailed, cause: "x", phase: 0, arrived: 2)
    func history(_ origins: [Bool]) -> Bool {
      isExplained(hasAction: true) { history in
        let calls = [history.begin(.wait()), history.begin(.wait())]
        history.note(.actionBegan(phase: 0, call: 1))
        history.note(.actionEnded(phase: 0, failure: "x"))
        for (call, isOrigin) in zip(calls, origins) { history.end(call, .broken(failed, isOrigin: isOrigin)) }
      }
    }
    #expect(history([false, true]))
    #expect(!history([false, false]))
    #expect(!history([true, true]))
  }

  /// rule 12
  @Test func anArrivalAtABrokenBarrierGetsTheErrorOfTheBreak() {
    func history(_ breakage: Breakage) -> Bool {
      isExplained { history in
        history.at(.abort(cause: "first"), .done)
        history.at(.abort(cause: "second"), .done)
        history.at(.wait(), .broken(breakage, isOrigin: false))
      }
    }
    #expect(history(Breakage(.aborted, cause: "first", phase: 0, arrived: 0)))
    #expect(!history(Breakage(.aborted, cause: "second", phase: 0, arrived: 0)))
    #expect(!history(Breakage(.aborted, cause: "first", phase: 1, arrived: 0)))
    #expect(!history(Breakage(.aborted, cause: "first", phase: 0, arrived: 1)))
  }

  /// rule 13
  @Test func aPhaseNumberIsUsedOnce() {
    func history(_ phase: UInt64) -> Bool {
      isExplained { history in
        let call = history.begin(.wait())
        history.at(.readWaitingCount, .number(1))
        history.at(.reset, .done)
        history.end(call, .broken(Breakage(.reset, phase: 0, arrived: 1), isOrigin: false))
        history.at(.readIsBroken, .truth(false))
        history.meet([.arrived(phase: phase, index: 0), .arrived(phase: phase, index: 1)])
      }
    }
    #expect(history(1))
    #expect(!history(0))
  }

  /// rule 14
  @Test func aTimeoutBreaksThePhaseForAll() {
    #expect(
      !isExplained { history in
        let call = history.begin(.wait(mayTimeOut: true))
        let other = history.begin(.wait())
        history.end(call, .broken(Breakage(.timedOut, phase: 0, arrived: 1), isOrigin: true))
        history.end(other, .arrived(phase: 0, index: 1))
      })
    // A call without a timeout cannot be the origin.
    #expect(
      !isExplained { $0.at(.wait(), .broken(Breakage(.timedOut, phase: 0, arrived: 1), isOrigin: true)) })
  }

  /// rule 18: no phase completes after one of its tasks was cancelled before the last arrival.
  @Test func aCancelledTaskBreaksItsPhase() {
    func history(_ answers: [History.Answer]) -> Bool {
      isExplained { history in
        let call = history.begin(.wait(task: 0))
        history.at(.cancel(task: 0), .done)
        history.at(.wait(), answers[1])
        history.end(call, answers[0])
      }
    }
    #expect(!history([.arrived(phase: 0, index: 0), .arrived(phase: 0, index: 1)]))
    #expect(
      history([.cancelled, .broken(Breakage(.cancelled, phase: 0, arrived: 1), isOrigin: false)]))
  }

  private func isExplained(hasAction: Bool = false, _ build: (inout History) -> Void) -> Bool {
    var history = History()
    build(&history)
    return history.isExplained(parties: 2, hasAction: hasAction)
  }
}

extension History {
  /// A call that overlaps no other.
  fileprivate mutating func at(_ operation: Operation, _ answer: Answer) {
    end(begin(operation), answer)
  }

  /// Concurrent calls of `wait()`.
  fileprivate mutating func meet(_ answers: [Answer]) {
    let calls = answers.map { _ in begin(.wait()) }
    for (call, answer) in zip(calls, answers) { end(call, answer) }
  }
}
