import Testing

/// The explorer finds the bugs that barriers are known for.
struct SeededBugTests {
  /// The count of sleepers is a word of its own: a party may read the arrivals before the last one, and
  /// announce its sleep after it. (libc++, issue 109290, and oneTBB, issue 2136, are of this kind.)
  @Test func aSleeperAnnouncedTooLateLosesItsWakeUp() {
    expectBug("Deadlock", bound: 1) {
      let sleepers = Atomic(0)
      let arrived = Atomic(0)
      let monitor = Monitor(())
      return BuggyBarrier {
        if arrived.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == 2 {
          if sleepers.load(ordering: .acquiring) > 0 { monitor.wakeAll { _ in } }
        } else if arrived.load(ordering: .acquiring) < 2 {
          sleepers.wrappingAdd(1, ordering: .acquiringAndReleasing)
          var isFirstCheck = true
          _ = monitor.wait(until: nil) { _ in
            // Sleeps without checking again.
            defer { isFirstCheck = false }
            return isFirstCheck ? nil : true
          }
        }
      }
    }
  }

  /// A party that waits for the count to be 0 again may find it at 1, because a fast party has already
  /// arrived for the next phase.
  @Test func aCountWithoutAGenerationIsLapped() {
    expectBug("Deadlock", bound: 1, phases: 2) {
      let monitor = Monitor(0)
      return BuggyBarrier {
        let isLast = monitor.wakeAll { arrived in
          arrived = (arrived + 1) % 2
          return arrived == 0
        }
        if !isLast { _ = monitor.wait(until: nil) { $0 == 0 ? true : nil } }
      }
    }
  }

  /// A party passes after a spurious wake-up as if all had arrived.
  @Test func aSleeperThatDoesNotCheckAgainPassesEarly() {
    expectBug("passed early", bound: 1) {
      let arrived = Atomic(0)
      let monitor = Monitor(())
      return BuggyBarrier {
        if arrived.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == 2 {
          monitor.wakeAll { _ in }
        } else {
          var hasSlept = false
          _ = monitor.wait(until: nil) { _ in
            defer { hasSlept = true }
            return hasSlept || arrived.load(ordering: .acquiring) == 2 ? true : nil
          }
        }
      }
    }
  }

  /// The arrivals are counted correctly, but what was written before them need not be visible.
  @Test func aRelaxedBarrierPublishesNothing() {
    expectBug("Data race", bound: 1) {
      let arrived = Atomic(0)
      return BuggyBarrier {
        arrived.wrappingAdd(1, ordering: .relaxed)
        while arrived.load(ordering: .relaxed) < 2 { cbarriers_pause() }
      }
    }
  }

  /// A stale value that no x86 processor would return.
  @Test func aRelaxedFlagPublishesStaleData() {
    let explorer = Explorer { simulator in
      let data = Atomic(0)
      let flag = Atomic(false)
      simulator.start("writes") {
        data.store(1, ordering: .relaxed)
        flag.store(true, ordering: .relaxed)
      }
      simulator.start("reads") {
        if flag.load(ordering: .acquiring), data.load(ordering: .relaxed) == 0 {
          simulator.fail("stale data")
        }
      }
      return {}
    }
    #expect(throws: Explorer.Failure.self) { try explorer.explore(.exhaustively(bound: 2)) }
  }

  @Test func aLockOrderInversionIsFound() {
    let explorer = Explorer { simulator in
      let one = Monitor(())
      let other = Monitor(())
      simulator.start("a") { one.withLock { _ in other.withLock { _ in } } }
      simulator.start("b") { other.withLock { _ in one.withLock { _ in } } }
      return {}
    }
    #expect(throws: Explorer.Failure.self) { try explorer.explore(.exhaustively(bound: 1)) }
    #expect(throws: Explorer.Failure.self) { try explorer.explore(.byPriorities(count: 200, depth: 2)) }
  }

  @Test func aReplayGivesTheSameFailure() throws {
    let explorer = Explorer { simulator in
      let count = Atomic(0)
      let total = Box(0)
      for name in ["a", "b", "c"] {
        simulator.start(name) {
          let old = count.load(ordering: .acquiring)
          count.store(old + 1, ordering: .releasing)
          total.content! += 1
        }
      }
      return { if count.load(ordering: .acquiring) < 2 { throw Fault("two increments were lost") } }
    }
    for search in [
      Explorer.Search.exhaustively(bound: 2), .randomly(count: 1_000), .byPriorities(count: 1_000, depth: 3),
    ] {
      do throws(Explorer.Failure) {
        _ = try explorer.explore(search)
        Issue.record("\(search) found nothing")
      } catch {
        let recording = try #require(Replay.Recording(error.replay.description))
        let (trace, failure) = explorer.replay(recording)
        #expect(failure == error.what)
        #expect(trace.count >= 6)
      }
    }
  }

  private struct BuggyBarrier {
    let wait: () -> Void
  }

  /// Expects that two threads fail to meet at the barrier in a schedule with at most `bound` deviations.
  private func expectBug(
    _ failure: String, bound: Int, phases: Int = 1, sourceLocation: SourceLocation = #_sourceLocation,
    _ make: @escaping () -> BuggyBarrier
  ) {
    let explorer = Explorer { simulator in
      let barrier = make()
      let notes = [Plain(0), Plain(0)]
      let arrivals = Box([0, 0])
      for own in 0...1 {
        simulator.start("party \(own)") {
          for phase in 1...phases {
            notes[own].value = phase
            arrivals.content![own] = phase
            barrier.wait()
            if arrivals.content![1 - own] < phase { simulator.fail("party \(own) passed early") }
            _ = notes[1 - own].value
          }
        }
      }
      return {}
    }
    do {
      _ = try explorer.explore(.exhaustively(bound: bound))
      Issue.record("not found", sourceLocation: sourceLocation)
    } catch {
      #expect("\(error)".contains(failure), sourceLocation: sourceLocation)
    }
  }
}
