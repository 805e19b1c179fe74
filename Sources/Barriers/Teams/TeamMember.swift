/// One thread of a team: see ``withThreadTeam(size:label:timeout:strategy:action:_:)``.
public struct TeamMember: Sendable {
  /// Which member this is: 0 to the team's size − 1.
  public let index: Int

  /// The barrier of the whole team. Its parties are the members.
  public let barrier: ThreadBarrier

  /// Arrives, then blocks until every member has arrived, or the team's timeout is over.
  ///
  /// - Parameters:
  ///   - fileID: Where the call is, for ``ThreadBarrier/snapshot()`` and stall reports. Use the default.
  ///   - line: The same.
  /// - Returns: This member's place in the phase that completed.
  /// - Throws: ``BrokenBarrierError`` if the phase broke, for example because another member threw.
  @discardableResult
  public func wait(fileID: StaticString = #fileID, line: UInt = #line) throws(BrokenBarrierError) -> Arrival {
    try barrier.wait(fileID: fileID, line: line)
  }

  /// Arrives, then blocks until every member has arrived, for at most `timeout`.
  ///
  /// - Parameters:
  ///   - timeout: How long to wait from now on, as for ``ThreadBarrier/wait(timeout:fileID:line:)``. It
  ///     replaces the team's timeout.
  ///   - fileID: Where the call is, for ``ThreadBarrier/snapshot()`` and stall reports. Use the default.
  ///   - line: The same.
  /// - Returns: This member's place in the phase that completed.
  /// - Throws: ``BrokenBarrierError`` if the phase broke.
  @discardableResult
  public func wait(
    timeout: Duration, fileID: StaticString = #fileID, line: UInt = #line
  ) throws(BrokenBarrierError) -> Arrival {
    try barrier.wait(timeout: timeout, fileID: fileID, line: line)
  }

  /// Arrives, then blocks until every member has arrived, but not beyond `deadline`.
  ///
  /// - Parameters:
  ///   - deadline: When to give up, as for ``ThreadBarrier/wait(until:fileID:line:)``.
  ///   - fileID: Where the call is, for ``ThreadBarrier/snapshot()`` and stall reports. Use the default.
  ///   - line: The same.
  /// - Returns: This member's place in the phase that completed.
  /// - Throws: ``BrokenBarrierError`` if the phase broke.
  @discardableResult
  public func wait(
    until deadline: ContinuousClock.Instant, fileID: StaticString = #fileID, line: UInt = #line
  ) throws(BrokenBarrierError) -> Arrival {
    try barrier.wait(until: deadline, fileID: fileID, line: line)
  }
}
