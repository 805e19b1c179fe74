// What a snapshot tells a person.

extension BarrierSnapshot {
  /// What is likely to delay the missing parties, and what to do about it; `nil` if that is not known.
  ///
  /// It is known in three cases:
  /// - Threads of Swift's cooperative pool are blocked here. That pool has about as many threads as
  ///   processors.
  /// - Threads of a concurrent Dispatch queue are blocked here. Dispatch adds at most one thread a second.
  /// - All parties have arrived, and the action has not returned.
  public var likelyCause: String? {
    if error != nil { return nil }
    if missingCount == 0 { return hasAction ? "all have arrived; the action has not returned" : nil }
    let tasks = waiters.count { $0.pool == .swift }
    if tasks > 0 {
      return
        "\(count(tasks, "waiting thread belongs", "waiting threads belong")) to Swift's cooperative pool, "
        + "which has about as many threads as there are processors, so a missing task may never be started; "
        + "in tasks, await AsyncBarrier(sharing:).wait()"
    }
    let items = waiters.filter { waiter in
      switch waiter.pool {
      case .global: true
      // A serial queue runs one item at a time.
      case .queue: waiters.count { $0.pool == waiter.pool } > 1
      case .swift, .none: false
      }
    }
    guard let first = items.first else { return nil }
    return "\(count(items.count, "waiting thread belongs", "waiting threads belong")) to Dispatch (queue "
      + "\((first.queue ?? "global").quoted)), which adds a thread a second at most, and none to "
      + "concurrentPerform, so a missing party may not be started; give each party a thread or a serial "
      + "queue of its own"
  }
}

extension BarrierSnapshot: CustomStringConvertible {
  /// One line for the barrier, one for each place in the source where parties wait, and one each for the
  /// members that are known to be missing and for the likely cause.
  public var description: String {
    var lines = [headline] + groups.map { "  " + line(for: $0) }
    if !missing.isEmpty { lines.append("  missing: \(missing.quotedList)") }
    if let likelyCause { lines.append("  likely cause: \(likelyCause)") }
    return lines.joined(separator: "\n")
  }

  private var headline: String {
    if let error { return error.description }
    let name = label.map { "barrier \($0.quoted)" } ?? "barrier"
    let have = arrived == 1 ? "has" : "have"
    let rest =
      missingCount == 0
      ? (hasAction ? "the action runs" : "the phase ends")
      : missingCount == 1 ? "1 is missing" : "\(missingCount) are missing"
    return "\(name), phase \(phase): \(arrived) of \(parties) parties \(have) arrived, \(rest)"
  }

  /// Waiters of the same kind at the same place in the source, longest wait first.
  private var groups: [[Waiter]] {
    var order: [Group] = []
    var members: [Group: [Waiter]] = [:]
    for waiter in waiters {
      let group = Group(waiter, parties: parties)
      if members[group] == nil { order.append(group) }
      members[group, default: []].append(waiter)
    }
    return order.map { members[$0]! }
  }

  private struct Group: Hashable {
    let kind: Waiter.Kind
    let queue: String?
    let fileID: String
    let line: Int
    let isSurplus: Bool

    init(_ waiter: Waiter, parties: Int) {
      (kind, queue, fileID, line) = (waiter.kind, waiter.queue, waiter.fileID, waiter.line)
      isSurplus = waiter.index >= parties
    }
  }

  private func line(for group: [Waiter]) -> String {
    let (longest, shortest) = (group[0].duration.rounded, group[group.count - 1].duration.rounded)
    let time = shortest == longest ? longest.text : "\(shortest.text) to \(longest.text)"
    let who =
      group[0].kind == .thread ? count(group.count, "thread", "threads") : count(group.count, "task", "tasks")
    let queue = group[0].queue.map { " of queue \($0.quoted)" } ?? ""
    let surplus = group[0].index >= parties ? ", for the next phase" : ""
    let names = group.compactMap(\.name)
    let have = group.count == 1 ? "has" : "have"
    return "\(who)\(queue) \(have) slept for \(time) at \(group[0].fileID):\(group[0].line)"
      + surplus + (names.isEmpty ? "" : ": \(names.quotedList)")
  }

  private func count(_ number: Int, _ one: String, _ many: String) -> String {
    "\(number) \(number == 1 ? one : many)"
  }
}

extension Duration {
  /// To a tenth of a second; below a second, to a hundredth.
  fileprivate var rounded: Duration {
    let step: Duration = self < .seconds(1) ? .milliseconds(10) : .milliseconds(100)
    return step * Int((self / step).rounded())
  }
}
