internal import CBarriers

/// The threads of a team, from the start of the first to the end of the last.
final class TeamRunner<R: Sendable>: Sendable {
  private let barrier: ThreadBarrier
  private let body: @Sendable (TeamMember) throws -> R
  private let team: Monitor<Team>
  /// The actions that the caller is running. Its members run inside them, too, because the caller waits for
  /// them.
  private let actions: RunningActions.Inherited

  private struct Team {
    var start = Start.pending
    /// What members returned, by index.
    var results: [R?]
    /// What members threw, in that order.
    var errors: [any Error] = []
    /// Which members have ended, in that order.
    var exited: [Int] = []
  }

  private enum Start { case pending, started, cancelled }

  /// How often the caller checks whether all others wait for members that have ended.
  private static var checkInterval: Duration { .milliseconds(100) }

  init(meetingAt barrier: ThreadBarrier, running body: @escaping @Sendable (TeamMember) throws -> R) {
    (self.barrier, self.body) = (barrier, body)
    team = Monitor(Team(results: Array(repeating: nil, count: barrier.parties)))
    actions = RunningActions.Inherited()
  }

  /// Returns what the members returned, when all threads have ended.
  func run() throws -> [R] {
    let threads = try start()
    team.wakeAll { $0.start = .started }
    waitForMembers()
    for thread in threads { thread.join() }
    let (results, error) = team.withLock { ($0.results, cause(of: $0.errors)) }
    if let error { throw error }
    return results.map { $0! }
  }

  /// Starts all threads. If one cannot be started, ends those before it.
  private func start() throws(ThreadStartError) -> [SystemThread] {
    var threads: [SystemThread] = []
    for index in 0..<barrier.parties {
      do throws(SystemThread.StartError) {
        threads.append(try SystemThread(named: memberName(barrier.label, index)) { self.run(index) })
      } catch {
        team.wakeAll { $0.start = .cancelled }
        for thread in threads { thread.join() }
        throw ThreadStartError(
          index: index, size: barrier.parties, label: barrier.label, errorNumber: error.number)
      }
    }
    return threads
  }

  /// What each thread does.
  private func run(_ index: Int) {
    let start = team.wait(until: nil) { $0.start == .pending ? nil : $0.start }
    guard start == .started else { return }
    actions.adopt()
    barrier.core.locked.withLock { $0.team.append(TeamThread(index: index, thread: cbarriers_thread_id())) }
    defer { barrier.core.locked.withLock { $0.team.removeAll { $0.index == index } } }
    do {
      let result = try body(TeamMember(index: index, barrier: barrier))
      team.wakeAll {
        $0.results[index] = result
        $0.exited.append(index)
      }
    } catch {
      // Recorded before the abort, so that errors that follow from it come later in the list.
      team.withLock { $0.errors.append(error) }
      barrier.abort(error)
      team.wakeAll { $0.exited.append(index) }
    }
  }

  /// Waits until all members have ended. Aborts the barrier if some have, and all others wait for them.
  private func waitForMembers() {
    var exited: [Int] = []
    while exited.count < barrier.parties {
      // A member that has ended cannot have arrived in the open phase: it would still wait there. So if all
      // others have arrived, no member is left to complete the phase.
      if !exited.isEmpty {
        barrier.core.abort(TeamMemberExitedError(members: exited.sorted()), ifAllArrivedBut: exited.count)
      }
      let nextCheck = exited.isEmpty ? nil : Deadline(after: Self.checkInterval)
      exited = team.wait(until: nextCheck) { $0.exited.count > exited.count ? $0.exited : nil } ?? exited
    }
  }

  /// The first error that a member threw by itself, rather than because the team's barrier was broken.
  private func cause(of errors: [any Error]) -> (any Error)? {
    errors.first { !(($0 as? BrokenBarrierError)?.isOf(barrier) ?? false) }
      ?? errors.first { ($0 as? BrokenBarrierError)?.isOrigin == true }
      ?? errors.first
  }
}

/// Such as "halo 3": on one line, and in at most 15 bytes, because Linux has room for no more. The label is
/// shortened by whole characters. If none is left, the name is "team 3".
func memberName(_ label: String?, _ index: Int) -> String {
  let number = " \(index)"
  // A control character would end the name, or break the line of a report.
  var name = (label ?? "").filter {
    $0.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
  }
  while name.utf8.count + number.utf8.count > 15 { name.removeLast() }
  return (name.isEmpty ? "team" : name) + number
}
