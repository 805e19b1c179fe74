/// When each party arrived in each phase, and when it departed.
///
/// `@unchecked Sendable`: each moment is written by one party, and read when all have ended.
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

  // A party's moments lie together, so that no two parties write to one cache line all the time.
  func arrive(_ party: Int, _ phase: Int) { arrivals[party * phases + phase] = nanoseconds() }
  func depart(_ party: Int, _ phase: Int) { departures[party * phases + phase] = nanoseconds() }

  /// From one phase's last departure to the next one's, in nanoseconds.
  var durations: [UInt64] {
    let ends = (0..<phases).map { last(departures, $0) }
    return zip(ends.dropFirst(), ends).map { $0 - min($0, $1) }
  }

  /// From each phase's last arrival to its last departure, in nanoseconds; none if nobody said when it arrived.
  var releases: [UInt64] {
    (0..<phases).compactMap { phase in
      let arrival = last(arrivals, phase)
      return arrival == 0 ? nil : max(last(departures, phase), arrival) - arrival
    }
  }

  private func last(_ moments: UnsafeMutableBufferPointer<UInt64>, _ phase: Int) -> UInt64 {
    (0..<parties).reduce(0) { max($0, moments[$1 * phases + phase]) }
  }
}
