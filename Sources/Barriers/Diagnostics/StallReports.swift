internal import CBarriers

extension ThreadBarrier {
  /// The parties that wait here now, since when and where.
  ///
  /// It takes the barrier's lock for a moment, as parties do that fall asleep or wake up.
  public func snapshot() -> BarrierSnapshot {
    core.snapshot()
  }

  /// Calls `report` once in each phase in which a party has slept for `limit`.
  ///
  /// ```swift
  /// barrier.reportStalls(after: .seconds(5)) { print($0) }
  /// ```
  ///
  /// It stays in effect until this method or ``stopReportingStalls()`` is called. It may be called while
  /// parties wait already: they count with all the time that they have waited. It costs nothing to parties
  /// that do not sleep, and nothing runs while no party waits, except that a thread may sleep until the first
  /// timer is due. If the system has no thread left, nothing is reported until another party falls asleep.
  ///
  /// Reports are made one at a time: while one has not returned, others are delayed. A report that has begun
  /// is not interrupted, neither by another call of this nor by the end of its phase.
  ///
  /// To report the stalls of all barriers of a process without touching its code, set the environment
  /// variable `BARRIERS_STALL_SECONDS` to a number of seconds. Reports then go to standard error, except for
  /// barriers on which this is called.
  ///
  /// - Parameters:
  ///   - limit: How long a wait is too long. Zero or less reports every wait; a century or more, none.
  ///   - report: Receives the report, on a thread of its own. It may take its time, and may abort or reset
  ///     the barrier; but the phase that it reports may be over by then. The barrier keeps the closure, so
  ///     the closure should refer to the barrier weakly.
  public func reportStalls(
    after limit: Duration, _ report: @escaping @Sendable (BarrierSnapshot) -> Void
  ) {
    let reporter = StallReporter(after: limit, report)
    if let deadline = core.reportStalls(by: reporter) { scheduleTimer(at: deadline) }
  }

  /// Ends the stall reports of this barrier, including those that `BARRIERS_STALL_SECONDS` requests.
  ///
  /// The barrier releases the closure that ``reportStalls(after:_:)`` was given. A report that was already
  /// due may still begin, and runs to its end.
  public func stopReportingStalls() {
    _ = core.reportStalls(by: nil)
  }
}

extension AsyncBarrier {
  /// The tasks and threads that wait here now, as ``ThreadBarrier/snapshot()``.
  public func snapshot() -> BarrierSnapshot { threadBarrier.snapshot() }

  /// Reports long waits of tasks and threads, as ``ThreadBarrier/reportStalls(after:_:)``.
  ///
  /// - Parameters:
  ///   - limit: How long a wait is too long.
  ///   - report: Receives the report, on a thread of its own.
  public func reportStalls(
    after limit: Duration, _ report: @escaping @Sendable (BarrierSnapshot) -> Void
  ) {
    threadBarrier.reportStalls(after: limit, report)
  }

  /// Ends the stall reports of this barrier, as ``ThreadBarrier/stopReportingStalls()``.
  public func stopReportingStalls() { threadBarrier.stopReportingStalls() }
}

/// The stall reports that the environment requests.
enum StallReports {
  static let variable = "BARRIERS_STALL_SECONDS"

  /// The reporter of a new barrier, if the environment requests one.
  static func ofThisProcess() -> StallReporter? {
    limit.map { limit in StallReporter(after: limit) { print("\(variable): \($0)") } }
  }

  private static let limit: Duration? = {
    guard let text = unsafe getenv(variable).map({ unsafe String(cString: $0) }), !text.isEmpty else {
      return nil
    }
    guard let seconds = Double(text), seconds.isFinite, seconds > 0 else {
      print(
        "\(variable) is \"\(text)\": give a number of seconds above 0, such as 5. No stalls are reported.")
      return nil
    }
    return .seconds(min(seconds, 1e10))
  }()

  /// To standard error, in one piece.
  private static func print(_ text: String) {
    unsafe cbarriers_write_to_standard_error(text + "\n")
  }
}
