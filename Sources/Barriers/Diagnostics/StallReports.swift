internal import CBarriers

extension ThreadBarrier {
  /// Who waits here now, since when and where. It takes the lock for a moment, which only those take who fall asleep or wake up.
  public func snapshot() -> BarrierSnapshot {
    core.snapshot()
  }

  /// Calls `report` once in each phase in which somebody has slept for `patience`, until this is called again.
  ///
  /// ```swift
  /// barrier.reportStalls(after: .seconds(5)) { print($0) }
  /// ```
  ///
  /// It need not be called before anyone waits: whoever sleeps already counts with all of that time. It costs nothing to
  /// those who do not sleep, and nothing of it runs while nobody does: at most, a thread sleeps until the first moment that
  /// it was asked for. If the system has no thread left, nothing is reported until somebody else falls asleep.
  ///
  /// One report is made at a time: while it has not returned, others wait. A report that has begun is not called off by
  /// another token of this, nor by the end of its phase.
  ///
  /// For all barriers of a process, without touching its code, set the environment variable `BARRIERS_STALL_SECONDS` to a
  /// number of seconds; reports then go to standard error, except for those barriers on which this is called.
  ///
  /// - Parameters:
  ///   - patience: How long a sleep is too long; a century or more is for ever, and ends the reports.
  ///   - report: What to do with the report, on a thread of its own: it may take its time, and it may abort or reset the
  ///     barrier, but not in the name of a phase, for that may be over by then. The barrier keeps it: a report that refers
  ///     to the barrier should do so weakly.
  public func reportStalls(
    after patience: Duration, _ report: @escaping @Sendable (BarrierSnapshot) -> Void
  ) {
    if let moment = core.report(to: StallReporter(after: patience, report)) { scheduleTimer(at: moment) }
  }

  /// Ends the stall reports of this barrier, including those that `BARRIERS_STALL_SECONDS` asks for.
  ///
  /// A report that has begun runs to its end. Nothing of the reports runs or is kept after that.
  public func stopReportingStalls() {
    core.stopReporting()
  }
}

extension AsyncBarrier {
  /// Who waits here now, tasks and threads, as ``ThreadBarrier/snapshot()``.
  public func snapshot() -> BarrierSnapshot { threadBarrier.snapshot() }

  /// Reports long sleeps, of tasks and threads, as ``ThreadBarrier/reportStalls(after:_:)``.
  ///
  /// - Parameters:
  ///   - patience: How long a sleep is too long.
  ///   - report: What to do with the report, on a thread of its own.
  public func reportStalls(
    after patience: Duration, _ report: @escaping @Sendable (BarrierSnapshot) -> Void
  ) {
    threadBarrier.reportStalls(after: patience, report)
  }

  /// Ends the stall reports of this barrier, as ``ThreadBarrier/stopReportingStalls()``.
  public func stopReportingStalls() { threadBarrier.stopReportingStalls() }
}

/// The reports that the environment asks for.
enum StallReports {
  static let variable = "BARRIERS_STALL_SECONDS"

  /// Who is told of a barrier of which nobody has said otherwise.
  static func ofThisProcess() -> StallReporter? {
    patience.map { patience in StallReporter(after: patience) { print("\(variable): \($0)") } }
  }

  private static let patience: Duration? = {
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

  /// On standard error, in one piece.
  private static func print(_ text: String) {
    unsafe cbarriers_write_to_standard_error(text + "\n")
  }
}
