internal import CBarriers

/// Who waits at a barrier at one moment, since when and where: what explains a stall.
///
/// ```swift
/// print(barrier.snapshot())
/// // barrier "halo", phase 17: 3 of 5 parties have arrived, 2 are missing
/// //   2 threads have slept for 5.2 s at Demo/Worker.swift:42: "worker 0", "worker 3"
/// //   1 task has slept for 0.8 s at Demo/Loader.swift:17: "loader"
/// ```
///
/// It is a copy: taking it disturbs nobody, and what happens afterwards changes nothing in it. Who has arrived and polls, or
/// gives its processor to others, does not sleep yet; as a rule, that lasts for some microseconds.
public struct BarrierSnapshot: Sendable {
  /// The barrier's label.
  public let label: String?

  /// The number of the phase that was open.
  public let phase: UInt64

  /// How many parties the barrier has.
  public let parties: Int

  /// How many had arrived: `parties` while the action runs, 0 when the barrier is broken.
  public let arrived: Int

  /// Why the barrier was broken; `nil` if it was not.
  public let error: BrokenBarrierError?

  /// Everyone who slept there, those first who had slept longest.
  public private(set) var waiters: [Waiter]

  /// The names of those members of a team that had begun, and had not arrived: known at the barrier of
  /// ``withThreadTeam(size:label:timeout:strategy:action:_:)`` only, and while none of its members polls.
  public private(set) var missing: [String]

  let hasAction: Bool
  private let team: [TeamThread]

  /// How many were missing.
  public var missingCount: Int { error == nil ? parties - arrived : 0 }

  /// One who sleeps at a barrier.
  public struct Waiter: Sendable {
    /// What sleeps.
    public enum Kind: Sendable, Hashable {
      /// A thread, which is blocked.
      case thread
      /// A task, which is suspended and blocks no thread.
      case task
    }

    /// Whether it is a thread or a task.
    public let kind: Kind

    /// The name of the thread or of the task, if somebody has given it one.
    public fileprivate(set) var name: String?

    /// The label of the Dispatch queue whose work item this thread runs, if it runs one.
    public let queue: String?

    /// Its place in the order of arrival. From the number of parties on, it waits for the next phase to open.
    public let index: Int

    /// How long it had slept, to about ten milliseconds. The time during which the machine was suspended does not count.
    public let duration: Duration

    /// The file of the token that waits, as `#fileID` gives it: "Module/File.swift".
    public var fileID: String { site.fileID }

    /// The line of the token that waits.
    public var line: Int { site.line }

    fileprivate let site: CallSite
    /// For its name.
    fileprivate let thread: UInt64?
    let pool: ThreadPoolKind

    init(
      _ sleep: WaitRecord, thread: UInt64? = nil, queue: String? = nil, pool: ThreadPoolKind = .none,
      task name: String? = nil
    ) {
      kind = thread == nil ? .task : .thread
      (self.thread, self.queue, self.pool, self.name) = (thread, queue, pool, name)
      (index, duration, site) = (sleep.index, sleep.duration, sleep.site)
    }
  }

  /// What was seen under the lock; ``named()`` adds what can be had without it.
  init(
    label: String?, phase: UInt64, parties: Int, arrived: Int, hasAction: Bool,
    error: BrokenBarrierError?, waiters: [Waiter], team: [TeamThread]
  ) {
    (self.label, self.phase, self.parties, self.arrived) = (label, phase, parties, arrived)
    (self.hasAction, self.error, self.waiters, self.team) = (hasAction, error, waiters, team)
    missing = []
  }
}

extension BarrierSnapshot {
  /// The same with the names of threads, which are asked of the system, and in order.
  func named() -> BarrierSnapshot {
    var copy = self
    for index in waiters.indices {
      if let thread = waiters[index].thread { copy.waiters[index].name = nameOfThread(thread) }
    }
    copy.waiters.sort { ($1.duration, $0.index) < ($0.duration, $1.index) }
    let asleep = Set(waiters.compactMap(\.thread))
    let awake = team.filter { !asleep.contains($0.thread) }
    // All are missing who have not begun, or have ended. If more than the rest are awake, some of them have arrived.
    if awake.count == missingCount - (parties - team.count) {
      copy.missing = awake.sorted { $0.index < $1.index }.compactMap { nameOfThread($0.thread) }
    }
    return copy
  }
}

/// `nil` if nobody has given it one, or if it has ended.
private func nameOfThread(_ thread: UInt64) -> String? {
  let name = systemName(of: thread)
  // On Linux the rest has the name of the program, or, if it belongs to Dispatch, the end of a global queue's.
  let isNobodys = name == nameOfProgram || name.hasSuffix("-qos") || name.hasSuffix("-qos.overcommit")
  return name.isEmpty || isNobodys ? nil : name
}

private let nameOfProgram = systemName(of: cbarriers_first_thread_id())

private func systemName(of thread: UInt64) -> String {
  unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { room in
    unsafe cbarriers_thread_name(thread, room.baseAddress, room.count)
    return unsafe String(cString: room.baseAddress!)
  }
}
