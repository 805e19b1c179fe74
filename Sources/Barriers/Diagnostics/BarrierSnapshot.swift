internal import CBarriers

/// The parties that wait at a barrier at one moment, since when and where: what explains a stall.
///
/// ```swift
/// print(barrier.snapshot())
/// // barrier "halo", phase 17: 3 of 5 parties have arrived, 2 are missing
/// //   2 threads have slept for 5.2 s at Demo/Worker.swift:42: "worker 0", "worker 3"
/// //   1 task has slept for 0.8 s at Demo/Loader.swift:17: "loader"
/// ```
///
/// A snapshot is a copy: taking it disturbs no party, and it does not change afterwards. It lists the threads
/// that sleep and the tasks that are suspended. A party that has arrived and still spins or yields is counted
/// but not listed; as a rule, that lasts some microseconds.
public struct BarrierSnapshot: Sendable {
  /// The barrier's label.
  public let label: String?

  /// The number of the phase that was open.
  public let phase: UInt64

  /// How many parties the barrier has.
  public let parties: Int

  /// How many parties had arrived: `parties` while the action runs, 0 when the barrier is broken.
  public let arrived: Int

  /// Why the barrier was broken; `nil` if it was not.
  public let error: BrokenBarrierError?

  /// The threads and tasks that waited, longest wait first.
  public private(set) var waiters: [Waiter]

  /// The names of team members that were running and had not arrived.
  ///
  /// Known only at the barrier of ``withThreadTeam(size:label:timeout:strategy:action:_:)``, and only while
  /// no member spins or yields there.
  public private(set) var missing: [String]

  let hasAction: Bool
  private let team: [TeamThread]

  /// How many parties had not arrived: 0 when the barrier is broken.
  public var missingCount: Int { error == nil ? parties - arrived : 0 }

  /// A thread that sleeps, or a task that is suspended, at a barrier.
  public struct Waiter: Sendable {
    /// What waits.
    public enum Kind: Sendable, Hashable {
      /// A thread, which is blocked.
      case thread
      /// A task, which is suspended and blocks no thread.
      case task
    }

    /// Whether it is a thread or a task.
    public let kind: Kind

    /// The name of the thread as the system knows it, or of the task; `nil` if it has none.
    public fileprivate(set) var name: String?

    /// The label of the Dispatch queue whose work item this thread runs, if it runs one.
    public let queue: String?

    /// The waiter's place in the order of arrival. From the number of parties on, it waits for the next phase
    /// to open.
    public let index: Int

    /// How long it had waited, to about ten milliseconds. Time during which the machine was suspended is not
    /// included.
    public let duration: Duration

    /// The file of the call that waits, as `#fileID` gives it: "Module/File.swift".
    public var fileID: String { site.fileID }

    /// The line of the call that waits.
    public var line: Int { site.line }

    fileprivate let site: CallSite
    /// The system's identifier of the thread, from which its name follows; `nil` for a task.
    fileprivate let thread: UInt64?
    let pool: ThreadPoolKind

    init(
      _ record: WaitRecord, thread: UInt64? = nil, queue: String? = nil, pool: ThreadPoolKind = .none,
      task name: String? = nil
    ) {
      kind = thread == nil ? .task : .thread
      (self.thread, self.queue, self.pool, self.name) = (thread, queue, pool, name)
      (index, duration, site) = (record.index, record.duration, record.site)
    }
  }

  /// What was read under the lock. ``named()`` adds what can be read without it.
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
  /// The same snapshot, sorted, with the names of threads, which the system is asked for.
  func named() -> BarrierSnapshot {
    var copy = self
    for index in waiters.indices {
      if let thread = waiters[index].thread { copy.waiters[index].name = nameOfThread(thread) }
    }
    copy.waiters.sort { ($1.duration, $0.index) < ($0.duration, $1.index) }
    let asleep = Set(waiters.compactMap(\.thread))
    let awake = team.filter { !asleep.contains($0.thread) }
    // Members that have not begun, or have ended, are missing but not in `team`. If more members are awake
    // than the rest of the missing, some of them have arrived and still spin, and it is not known which.
    if awake.count == missingCount - (parties - team.count) {
      copy.missing = awake.sorted { $0.index < $1.index }.compactMap { nameOfThread($0.thread) }
    }
    return copy
  }
}

/// `nil` if the thread was not given a name, or has ended.
private func nameOfThread(_ thread: UInt64) -> String? {
  let name = systemName(of: thread)
  // On Linux, a thread without a name of its own has the program's, or, in Dispatch, the end of a global
  // queue's.
  let isDefault = name == nameOfProgram || name.hasSuffix("-qos") || name.hasSuffix("-qos.overcommit")
  return name.isEmpty || isDefault ? nil : name
}

private let nameOfProgram = systemName(of: cbarriers_first_thread_id())

private func systemName(of thread: UInt64) -> String {
  unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
    unsafe cbarriers_thread_name(thread, buffer.baseAddress, buffer.count)
    return unsafe String(cString: buffer.baseAddress!)
  }
}

/// The pool that a waiting thread belongs to, as far as that explains why other parties do not arrive.
enum ThreadPoolKind: Hashable, Sendable {
  /// Swift's cooperative pool: about as many threads as processors.
  case swift
  /// Dispatch's global queues, and `concurrentPerform`: at most one more thread a second, or none.
  case global
  /// A work item of this queue. If other threads of the same queue wait too, the queue is concurrent and runs
  /// on the threads of the global queues.
  case queue(UInt)
  /// A thread of its own.
  case none

  /// The labels are those that Swift 6.3 and Dispatch use on Linux and on Darwin. A thread without a work
  /// item is in the overcommitting global queue, which may have any number of threads.
  init(queue: UInt, label: String) {
    self =
      if label == "Swift global concurrent queue" || label.hasSuffix(".cooperative") {
        .swift
      } else if !label.hasPrefix("com.apple.root.") {
        .queue(queue)
      } else {
        label.hasSuffix(".overcommit") ? .none : .global
      }
  }
}
