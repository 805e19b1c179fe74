/// When each party arrived in each phase, and when it departed.
///
/// `@unchecked Sendable`: one party writes each timestamp, and they are read once all parties have ended.
final class Timeline: @unchecked Sendable {
  private let parties: Int
  private let phases: Int
  private let arrivals: UnsafeMutableBufferPointer<UInt64>
  private let departures: UnsafeMutableBufferPointer<UInt64>

  init(parties: Int, phases: Int) {
    self.parties = parties
    self.phases = phases
    arrivals = .allocate(capacity: parties * phases)
    departures = .allocate(capacity: parties * phases)
    arrivals.initialize(repeating: 0)
    departures.initialize(repeating: 0)
  }

  deinit {
    arrivals.deallocate()
    departures.deallocate()
  }

  // A party's timestamps are contiguous, so that parties seldom write to the same cache line.
  func recordArrival(_ party: Int, _ phase: Int) { arrivals[party * phases + phase] = nanoseconds() }
  func recordDeparture(_ party: Int, _ phase: Int) { departures[party * phases + phase] = nanoseconds() }

  /// From each phase's last departure to the next phase's, in nanoseconds.
  var durations: [UInt64] {
    let ends = (0..<phases).map { last(departures, $0) }
    return zip(ends.dropFirst(), ends).map { $0 - min($0, $1) }
  }

  /// From each phase's last arrival to its last departure, in nanoseconds. Empty if no arrivals were
  /// recorded.
  var releases: [UInt64] {
    (0..<phases).compactMap { phase in
      let arrival = last(arrivals, phase)
      return arrival == 0 ? nil : max(last(departures, phase), arrival) - arrival
    }
  }

  private func last(_ timestamps: UnsafeMutableBufferPointer<UInt64>, _ phase: Int) -> UInt64 {
    (0..<parties).reduce(0) { max($0, timestamps[$1 * phases + phase]) }
  }
}
