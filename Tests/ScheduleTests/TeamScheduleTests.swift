import Testing

/// Teams of threads: all schedules with few deviations. The simulator finds threads that are left waiting,
/// and every thread is joined.
struct TeamScheduleTests {
  /// rule 25, rule 26: the team throws the member's error, not the break that the other member gets.
  @Test func aMemberFails() {
    explore(.exhaustively(bound: 1)) { simulator in
      let thrown = Box<any Error>()
      simulator.start("caller") {
        thrown.content = error {
          try withThreadTeam(size: 2, strategy: .parking) { member in
            if member.index == 1 { throw Fault("member 1") }
            try member.wait()
          }
        }
      }
      return { try expect(thrown.content, is: Fault("member 1")) }
    }
  }

  /// rule 25: the team throws the error of one member, and the break has such an error as its cause.
  @Test func twoMembersFail() {
    explore(.exhaustively(bound: 1)) { simulator in
      let (thrown, cause) = (Box<any Error>(), Box<any Error>())
      simulator.start("caller") {
        thrown.content = error {
          try withThreadTeam(size: 3, strategy: .parking) { member in
            if member.index > 0 { throw Fault("member \(member.index)") }
            do throws(BrokenBarrierError) { try member.wait() } catch {
              cause.content = error.underlyingError
            }
          }
        }
      }
      return {
        guard let first = thrown.content as? Fault else {
          throw Fault("\(String(describing: thrown.content))")
        }
        // The second to fail may abort first: then its error is the cause.
        guard cause.content is Fault else {
          throw Fault("the cause is \(String(describing: cause.content))")
        }
        try expect(first, isOneOf: [Fault("member 1"), Fault("member 2")])
      }
    }
  }

  /// rule 25: even if a member throws an error of its own in place of the break.
  @Test func anErrorThatFollowsFromAFailureIsNotThrown() {
    explore(.exhaustively(bound: 1)) { simulator in
      let thrown = Box<any Error>()
      simulator.start("caller") {
        thrown.content = error {
          try withThreadTeam(size: 2, strategy: .parking) { member in
            if member.index == 1 { throw Fault("member 1") }
            do throws(BrokenBarrierError) { try member.wait() } catch { throw Fault("follow-up") }
          }
        }
      }
      return { try expect(thrown.content, is: Fault("member 1")) }
    }
  }

  /// The barrier breaks for a member that waits for an exited one, and not before.
  @Test(arguments: [0, 1]) func aMemberExitsAfterSomePhases(phases: Int) {
    explore(.exhaustively(bound: 1)) { simulator in
      let (thrown, passed) = (Box<any Error>(), Box(0))
      simulator.start("caller") {
        thrown.content = error {
          try withThreadTeam(size: 2, strategy: .parking) { member in
            for _ in 0..<phases {
              try member.wait()
              passed.content! += 1
            }
            if member.index == 0 { try member.wait() }
          }
        }
      }
      return {
        guard let error = thrown.content as? BrokenBarrierError, error.reason == .aborted,
          error.phase == phases
        else { throw Fault("\(String(describing: thrown.content))") }
        try expect(error.underlyingError, is: TeamMemberExitedError(members: [1]))
        if passed.content != 2 * phases { throw Fault("\(passed.content!) waits completed") }
      }
    }
  }

  /// rule 26: whichever thread cannot be started, no member begins, and all threads end.
  @Test func aThreadMayFailToStart() {
    explore(.exhaustively(bound: 2), .init(threadStartMayFail: true)) { simulator in
      let (thrown, begun) = (Box<any Error>(), Box(0))
      simulator.start("caller") {
        thrown.content = error {
          try withThreadTeam(size: 2, strategy: .parking) { member in
            begun.content! += 1
            try member.wait()
          }
        }
        if simulator.threads.dropFirst().contains(where: { $0.status != .finished }) {
          simulator.fail("a thread outlives the call")
        }
      }
      return {
        if let error = thrown.content {
          guard error is ThreadStartError else { throw Fault("\(error)") }
        }
        try expect(begun.content!, isOneOf: [thrown.content == nil ? 2 : 0])
      }
    }
  }
}

private func error(_ body: () throws -> some Any) -> (any Error)? {
  do {
    _ = try body()
    return nil
  } catch {
    return error
  }
}

private func expect<E: Error & Equatable>(_ error: (any Error)?, is expected: E) throws {
  guard error as? E == expected else { throw Fault("\(String(describing: error)), not \(expected)") }
}

private func expect<Value: Equatable>(_ value: Value, isOneOf expected: [Value]) throws {
  guard expected.contains(value) else { throw Fault("\(value), not one of \(expected)") }
}
