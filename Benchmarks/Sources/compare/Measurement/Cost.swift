import Foundation
import Synchronization

/// The mean cost of one phase of a run.
struct Cost: Sendable {
  /// Nanoseconds from the first party's start to the last one's end, divided by the phases.
  var wall: Double
  /// CPU nanoseconds of the whole process meanwhile, if known.
  var cpu: Double?
  /// Context switches of the whole process meanwhile, if known.
  var switches: Double?
}

/// Measures from the first party's start to the last one's end.
///
/// No party ends before all have started, because they wait for one another in between.
final class Stopwatch: Sendable {
  private struct State {
    var running = 0
    var start: (time: UInt64, usage: ResourceUsage)?
    var end: (time: UInt64, usage: ResourceUsage)?
  }

  private let state = Mutex(State())

  func start() {
    state.withLock { state in
      state.running += 1
      if state.start == nil { state.start = (nanoseconds(), ResourceUsage.now) }
    }
  }

  func stop() {
    state.withLock { state in
      state.running -= 1
      if state.running == 0 { state.end = (nanoseconds(), ResourceUsage.now) }
    }
  }

  func cost(phases: Int) -> Cost {
    state.withLock { state in
      guard let start = state.start, let end = state.end else { fatalError("The run has not ended.") }
      return Cost(
        wall: Double(end.time - start.time) / Double(phases),
        cpu: (end.usage.cpu - start.usage.cpu) / Double(phases),
        switches: (end.usage.switches - start.usage.switches) / Double(phases))
    }
  }
}

/// The CPU nanoseconds and context switches of this process so far.
private struct ResourceUsage {
  var cpu: Double
  var switches: Double

  static var now: ResourceUsage {
    var usage = rusage()
    // RUSAGE_SELF. Glibc imports the constant with a type that getrusage() does not take.
    let ownProcess: Int32 = 0
    getrusage(ownProcess, &usage)
    let seconds = Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
    let microseconds = Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
    return ResourceUsage(
      cpu: seconds * 1e9 + microseconds * 1e3, switches: Double(usage.ru_nvcsw + usage.ru_nivcsw))
  }
}

/// The monotonic clock.
func nanoseconds() -> UInt64 {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}

func median(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : values.sorted()[values.count / 2]
}

let usableProcessors = ProcessInfo.processInfo.activeProcessorCount
