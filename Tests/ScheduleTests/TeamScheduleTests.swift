import Testing

/// Teams of threads: all schedules with few deviations. The simulator sees who is left waiting, and every thread is joined.
struct TeamScheduleTests {
  /// rule 25, rule 26: whatever the others do when one fails, the first own error is thrown.
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

  /// rule 25: of two who fail, one is the first, and that is the cause which the others are told.
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
        // The second to fail may come to abort first; then the others are told of that.
        guard cause.content is Fault else {
          throw Fault("the waiter was told \(String(describing: cause.content))")
        }
        try expect(first, isOneOf: [Fault("member 1"), Fault("member 2")])
      }
    }
  }

  /// rule 25: not even if it goes by another name.
  @Test func whatFollowsFromAFailureComesAfterIt() {
    explore(.exhaustively(bound: 1)) { simulator in
      let thrown = Box<any Error>()
      simulator.start("caller") {
        thrown.content = error {
          try withThreadTeam(size: 2, strategy: .parking) { member in
            if member.index == 1 { throw Fault("member 1") }
            do throws(BrokenBarrierError) { try member.wait() } catch { throw Fault("follows") }
          }
        }
      }
      return { try expect(thrown.content, is: Fault("member 1")) }
    }
  }

  /// Nobody waits for a member that has ended; and nobody is freed who need not be.
  @Test(arguments: [0, 1]) func aMemberLeavesAfterSomePhases(phases: Int) {
    explore(.exhaustively(bound: 1)) { simulator in
      let (thrown, met) = (Box<any Error>(), Box(0))
      simulator.start("caller") {
        thrown.content = error {
          try withThreadTeam(size: 2, strategy: .parking) { member in
            for _ in 0..<phases {
              try member.wait()
              met.content! += 1
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
        if met.content != 2 * phases { throw Fault("\(met.content!) came through") }
      }
    }
  }

  /// rule 26: a thread cannot be started, whichever it is; no member has begun, and all threads have ended.
  @Test func aThreadCannotBeStarted() {
    explore(.exhaustively(bound: 2), .init(mayRunOutOfThreads: true)) { simulator in
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
  guard error as? E == expected else { throw Fault("\(String(describing: error)), and not \(expected)") }
}

private func expect<Value: Equatable>(_ value: Value, isOneOf expected: [Value]) throws {
  guard expected.contains(value) else { throw Fault("\(value), and not one of \(expected)") }
}
