import Testing

/// The explorer finds the faults that barriers are known for. Each of these barriers passes when nothing disturbs it.
struct SeededBugTests {
  /// A sleeper announces itself in a word beside the one that decides: it may look at that before the last arrival, and
  /// announce itself after it. (libc++, issue 109290, and oneTBB, issue 2136, are of this kind.)
  @Test func aSleeperThatAnnouncesItselfTooLateIsLost() {
    expectFault("Nobody can go on.", bound: 1) {
      let sleepers = Atomic(0)
      let arrived = Atomic(0)
      let monitor = Monitor(())
      return FaultyBarrier {
        if arrived.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == 2 {
          if sleepers.load(ordering: .acquiring) > 0 { monitor.wakeAll { _ in } }
        } else if arrived.load(ordering: .acquiring) < 2 {
          sleepers.wrappingAdd(1, ordering: .acquiringAndReleasing)
          var isFirstLook = true
          _ = monitor.wait(until: nil) { _ in
            // It looked before, and sleeps without looking again.
            defer { isFirstLook = false }
            return isFirstLook ? nil : true
          }
        }
      }
    }
  }

  /// Those who wait for the count to be 0 again may find it at 1, for a fast party has come back.
  @Test func aCountWithoutAGenerationIsLapped() {
    expectFault("Nobody can go on.", bound: 1, meetings: 2) {
      let monitor = Monitor(0)
      return FaultyBarrier {
        let isLast = monitor.wakeAll { arrived in
          arrived = (arrived + 1) % 2
          return arrived == 0
        }
        if !isLast { _ = monitor.wait(until: nil) { $0 == 0 ? true : nil } }
      }
    }
  }

  /// Whoever is woken for no reason goes on as if the others had come.
  @Test func aSleeperThatDoesNotLookAgainPassesEarly() {
    expectFault("passed early", bound: 1) {
      let arrived = Atomic(0)
      let monitor = Monitor(())
      return FaultyBarrier {
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

  /// The order of the arrivals is right, but what was written before them need not be seen.
  @Test func aRelaxedBarrierPublishesNothing() {
    expectFault("Data race", bound: 1) {
      let arrived = Atomic(0)
      return FaultyBarrier {
        arrived.wrappingAdd(1, ordering: .relaxed)
        while arrived.load(ordering: .relaxed) < 2 { cbarriers_pause() }
      }
    }
  }

  /// An old value that no processor here would show.
  @Test func aFlagThatIsReadInTheWrongOrderIsSeenToBeOld() {
    let explorer = Explorer { simulator in
      let data = Atomic(0)
      let flag = Atomic(false)
      simulator.start("writes") {
        data.store(1, ordering: .relaxed)
        flag.store(true, ordering: .relaxed)
      }
      simulator.start("reads") {
        if flag.load(ordering: .acquiring), data.load(ordering: .relaxed) == 0 { simulator.fail("old data") }
      }
      return {}
    }
    #expect(throws: Explorer.Failure.self) { try explorer.explore(.exhaustively(bound: 2)) }
  }

  /// Two locks that are taken in two orders.
  @Test func aDeadlockIsFound() {
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

  /// The report of a failure leads to it again.
  @Test func aReplayMakesTheSameFailure() throws {
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
      return { if count.load(ordering: .acquiring) < 2 { throw Fault("two were lost") } }
    }
    for search in [
      Explorer.Search.exhaustively(bound: 2), .randomly(count: 1_000), .byPriorities(count: 1_000, depth: 3),
    ] {
      do throws(Explorer.Failure) {
        _ = try explorer.explore(search)
        Issue.record("\(search) found nothing")
      } catch {
        let recording = try #require(Replay.Recording(error.replay.description))
        let (story, failure) = explorer.replay(recording)
        #expect(failure == error.what)
        #expect(story.count >= 6)
      }
    }
  }

  private struct FaultyBarrier {
    let wait: () -> Void
  }

  /// Expects that nothing is wrong without deviations, and that with them two threads fail to meet.
  private func expectFault(
    _ fault: String, bound: Int, meetings: Int = 1, sourceLocation: SourceLocation = #_sourceLocation,
    _ make: @escaping () -> FaultyBarrier
  ) {
    let explorer = Explorer { simulator in
      let barrier = make()
      let notes = [Plain(0), Plain(0)]
      let come = Box([0, 0])
      for own in 0...1 {
        simulator.start("party \(own)") {
          for meeting in 1...meetings {
            notes[own].value = meeting
            come.content![own] = meeting
            barrier.wait()
            if come.content![1 - own] < meeting { simulator.fail("party \(own) passed early") }
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
      #expect("\(error)".contains(fault), sourceLocation: sourceLocation)
    }
  }
}
