import Dispatch
import Foundation
import Testing

@testable import Barriers

/// What a snapshot says about waiting parties.
struct SnapshotTests {
  // MARK: Waiters

  /// rule 28
  @Test(arguments: ArrivalOrder.all) func aSnapshotListsEveryWaiter(order: ArrivalOrder) {
    let barrier = ThreadBarrier(parties: order.count, label: "halo")
    let early = order.startAllButLast(at: barrier)
    let snapshot = barrier.snapshot()
    #expect(snapshot.label == "halo" && snapshot.phase == 0 && snapshot.error == nil)
    #expect(
      snapshot.parties == order.count && snapshot.arrived == early.count && snapshot.missingCount == 1)
    let waiters = snapshot.waiters.sorted { $0.index < $1.index }
    #expect(waiters.map(\.index) == Array(0..<early.count))
    let kinds: [BarrierSnapshot.Waiter.Kind] = order.kinds.dropLast().map { $0 == .task ? .task : .thread }
    #expect(waiters.map(\.kind) == kinds)
    #expect(waiters.allSatisfy { $0.fileID == "BarriersTests/ParticipantKind.swift" && $0.line > 20 })
    #expect(waiters.allSatisfy { $0.duration >= .zero && $0.duration < Limits.hang })
    let durations = snapshot.waiters.map(\.duration)
    #expect(durations == durations.sorted(by: >), "the longest wait comes first")

    expect(order.startLast(at: barrier).result, completed: 0, of: barrier)
    for participant in early { _ = participant.result }
    let after = barrier.snapshot()
    #expect(after.phase == 1 && after.arrived == 0 && after.waiters.isEmpty)
    #expect(after.missingCount == order.count)
  }

  /// rule 28
  @Test func eachWaiterHasItsNameAndItsCallSite() throws {
    let snapshots = try ThreadParticipant("caller") {
      try withThreadTeam(size: 3, label: "halo") { member -> BarrierSnapshot? in
        switch member.index {
        case 0: try member.wait()
        case 1: try member.barrier.wait(timeout: .seconds(3600))
        default:
          while member.barrier.snapshot().waiters.count < 2 { sched_yield() }
          let snapshot = member.barrier.snapshot()
          try member.barrier.wait(until: .now + .seconds(3600))
          return snapshot
        }
        return nil
      }
    }.result.get()
    let snapshot = try #require(snapshots[2])
    let waiters: [BarrierSnapshot.Waiter] = snapshot.waiters.sorted { $0.line < $1.line }
    #expect(waiters.map(\.name) == ["halo 0", "halo 1"])
    #expect(waiters.map(\.line) == [#line - 14, #line - 13])
    #expect(waiters.allSatisfy { $0.fileID == #fileID && $0.kind == .thread && $0.queue == nil })
    #expect(snapshot.missing == ["halo 2"])
    #expect(snapshot.likelyCause == nil)
  }

  /// rule 28
  @Test func aWaitingTaskHasItsName() async throws {
    guard #available(macOS 26, iOS 26, tvOS 26, watchOS 26, visionOS 26, *) else { return }
    let barrier = AsyncBarrier(parties: 4)
    let names: [String?] = ["loader", nil, "a name that does not fit into sixteen bytes"]
    for phase in 0..<3 as Range<UInt64> {
      let tasks = names.enumerated().map { index, name in
        let task = Task(name: name, executorPreference: ThreadPerJobExecutor()) { try await barrier.wait() }
        eventually { barrier.snapshot().waiters.count == index + 1 }
        return task
      }
      let waiters = barrier.snapshot().waiters.sorted { $0.index < $1.index }
      #expect(waiters.map(\.name) == names)
      #expect(waiters.allSatisfy { $0.kind == .task && $0.fileID == #fileID && $0.line == #line - 6 })
      #expect(try await barrier.wait().phase == phase)
      for task in tasks { _ = try await task.value }
    }
  }

  /// rule 28, rule 4
  @Test func surplusCallersAreMarked() {
    let hold = Gate()
    let barrier = ThreadBarrier(parties: 1, label: "halo") { phase in if phase == 0 { hold.pass() } }
    let last = ThreadParticipant("last", at: barrier) { try barrier.wait() }
    eventually { hold.arrivals == 1 }
    let surplus = ThreadParticipant("surplus", at: barrier) { try barrier.wait() }
    eventually { barrier.snapshot().waiters.count == 1 }
    let snapshot = barrier.snapshot()
    #expect(snapshot.waiters[0].index == 1 && snapshot.arrived == 1 && snapshot.missingCount == 0)
    #expect(snapshot.likelyCause == "all have arrived; the action has not returned")
    let text = "\(snapshot)"
    #expect(
      text.hasPrefix("barrier \"halo\", phase 0: 1 of 1 parties has arrived, the action runs\n  1 thread"))
    #expect(text.contains(", for the next phase"))
    hold.open()
    expect(last.result, completed: 0, of: barrier)
    expect(surplus.result, completed: 1, of: barrier)
  }

  // MARK: States

  /// rule 28
  @Test func aBrokenBarrierSaysWhy() {
    let barrier = ThreadBarrier(parties: 3, label: "halo")
    let waiting = ThreadParticipant("waiting", at: barrier) { try barrier.wait() }
    eventually { barrier.waitingCount == 1 }
    barrier.abort(Fault("enough"))
    _ = waiting.result
    let snapshot = barrier.snapshot()
    #expect(snapshot.error?.underlyingError as? Fault == Fault("enough"))
    #expect(snapshot.arrived == 0 && snapshot.missingCount == 0 && snapshot.waiters.isEmpty)
    #expect(
      "\(snapshot)"
        == "barrier \"halo\" broken in phase 0: aborted with 1 of 3 parties arrived; cause: enough")
    barrier.reset()
    #expect(barrier.snapshot().error == nil && barrier.snapshot().missingCount == 3)
  }

  /// rule 28
  @Test func itsDescriptionSuitsALog() throws {
    let idle = ThreadBarrier(parties: 2).snapshot()
    #expect("\(idle)" == "barrier, phase 0: 0 of 2 parties have arrived, 2 are missing")
    let text = try ThreadParticipant("caller") {
      try withThreadTeam(size: 3, label: "halo") { member in
        if member.index < 2 {
          try member.wait()
          return ""
        }
        while member.barrier.snapshot().waiters.count < 2 && !member.barrier.isBroken { sched_yield() }
        let text = "\(member.barrier.snapshot())"
        try member.wait()
        return text
      }
    }.result.get()[2]
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines.count == 3)
    #expect(lines[0] == "barrier \"halo\", phase 0: 2 of 3 parties have arrived, 1 is missing")
    let place = "at BarriersTests/SnapshotTests.swift:\(#line - 12): \"halo "
    #expect(lines[1].hasPrefix("  2 threads have slept for 0") && lines[1].contains(place))
    #expect(lines[2] == "  missing: \"halo 2\"")
  }

  // MARK: Concurrent snapshots

  /// rule 28: no party is disturbed, and each snapshot shows a possible state.
  @Test(arguments: ParticipantMix.allCases)
  func snapshotsDuringPhasesShowPossibleStates(mix: ParticipantMix) {
    let (parties, phases) = (4, 300)
    let barrier = ThreadBarrier(parties: parties)
    let isOver = Counter()
    let watcher = ThreadParticipant("watcher") {
      var snapshots = 0
      while isOver.now == 0 || snapshots == 0 {
        let snapshot = barrier.snapshot()
        let indices = snapshot.waiters.map(\.index)
        #expect(Set(indices).count == indices.count && indices.allSatisfy { $0 < parties })
        #expect(snapshot.waiters.count <= snapshot.arrived && snapshot.arrived <= parties, "\(snapshot)")
        snapshots += 1
      }
      return snapshots
    }
    let participants = mix.kinds(parties).map { kind in
      kind.repeatingParticipant(at: barrier) { $0.count < phases ? .timeout(.seconds(3600)) : nil }
    }
    let outcomes = participants.flatMap { (try? $0.result.get()) ?? [] }
    isOver.add()
    #expect(outcomes.count == parties * phases && outcomes.allSatisfy { $0.arrival != nil })
    expectAllOrNone(outcomes, parties: parties)
    #expect((try? watcher.result.get()) ?? 0 > 0)
  }
}
