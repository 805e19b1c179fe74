internal import CBarriers

/// What reports tell about a wait: where in the source, at which index, since when.
///
/// Three words, because each suspended task keeps one.
struct WaitRecord {
  let site: CallSite
  private let position: Int32
  /// A reading of the coarse clock.
  let since: UInt64

  /// A wait that begins now.
  init(_ token: ArrivalToken, at site: CallSite) {
    self.site = site
    position = Int32(token.index)
    since = cbarriers_coarse_nanoseconds()
  }

  /// How many calls had arrived before. From the number of parties on, the call is surplus.
  var index: Int { Int(position) }

  var duration: Duration { elapsed(since: since) }
}

/// The time since a reading of the coarse clock.
func elapsed(since: UInt64) -> Duration {
  let now = cbarriers_coarse_nanoseconds()
  return .nanoseconds(now > since ? Int64(clamping: now - since) : 0)
}

/// Where in the source a party waits: `#fileID` and `#line`, in two words, because each suspended task keeps
/// them.
///
/// `@unchecked Sendable`: the pointer refers to a constant of the program.
@safe struct CallSite: @unchecked Sendable {
  private let file: UnsafePointer<UInt8>?
  private let lineNumber: Int32

  init(_ fileID: StaticString, _ line: UInt) {
    // Null-terminated. Only a string of a single character may be stored in another way.
    unsafe file = fileID.hasPointerRepresentation ? fileID.utf8Start : nil
    lineNumber = Int32(clamping: line)
  }

  var line: Int { Int(lineNumber) }

  var fileID: String { unsafe file.map { unsafe String(cString: $0) } ?? "?" }
}

/// What a call does after it tried to enqueue, other than wait.
enum WaitInterruption {
  /// The phase is over.
  case phaseOver
  /// A timer must be scheduled for this moment, without the lock.
  case timerNeeded(Deadline)
}
