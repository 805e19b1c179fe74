import Foundation

/// What one phase cost, on average over a run.
struct Cost: Sendable {
  /// Nanoseconds from the first party's start to the last one's end, divided by the phases.
  var wall: Double
  /// Nanoseconds of processor time of the whole process meanwhile, where known.
  var cpu: Double?
  /// Context switches of the whole process meanwhile, where known.
  var switches: Double?
}

/// What the process has used so far.
struct Usage {
  var cpu: Double
  var switches: Double

  static var now: Usage {
    var usage = rusage()
    // RUSAGE_SELF, which Glibc imports as a type that its own function does not take.
    let ownProcess: Int32 = 0
    getrusage(ownProcess, &usage)
    let seconds = Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
    let microseconds = Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
    return Usage(
      cpu: seconds * 1e9 + microseconds * 1e3, switches: Double(usage.ru_nvcsw + usage.ru_nivcsw))
  }
}

func nanoseconds() -> UInt64 {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}

let usableProcessors = ProcessInfo.processInfo.activeProcessorCount
