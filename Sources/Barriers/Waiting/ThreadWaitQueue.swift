internal import CBarriers

/// A thread that sleeps, or is about to. It is stored on that thread's stack.
@safe struct ThreadWaiter {
  let phase: UInt64
  let record: WaitRecord
  fileprivate let thread = cbarriers_thread_id()
  private let queue = unsafe cbarriers_dispatch_queue()
  fileprivate var next: UnsafeMutablePointer<ThreadWaiter>?
  fileprivate(set) var isEnqueued = false

  /// A thread that is about to sleep now.
  init(_ token: ArrivalToken, at site: CallSite) {
    phase = token.phase
    record = WaitRecord(token, at: site)
    unsafe next = nil
  }

  /// Called while the thread sleeps, so the queue whose block it runs still exists.
  fileprivate var asReported: BarrierSnapshot.Waiter {
    guard let label = unsafe cbarriers_dispatch_label(queue).map({ unsafe String(cString: $0) }) else {
      return .init(record, thread: thread)
    }
    let pool = unsafe ThreadPoolKind(queue: UInt(bitPattern: queue), label: label)
    return .init(record, thread: thread, queue: pool == .none ? nil : label, pool: pool)
  }
}

/// The threads that sleep in the open phase: a list through their own stacks, so that waiting allocates
/// nothing.
///
/// No thread leaves the list; the list becomes void when its phase is over. It is read only under the lock,
/// and only if its phase is still open then. A listed thread returns from its wait only after it has seen,
/// also under the lock, that the phase is over. So a reader of the list finds all of these threads still
/// there.
///
/// `@unchecked Sendable`: the lock guards the list and the waiters that it refers to.
@safe struct ThreadWaitQueue: @unchecked Sendable {
  private var phase: UInt64 = 0
  private var last: UnsafeMutablePointer<ThreadWaiter>?

  /// Adds a thread that is about to sleep in the open phase.
  mutating func append(_ waiter: UnsafeMutablePointer<ThreadWaiter>) {
    if unsafe waiter.pointee.phase != phase {
      unsafe (phase, last) = (waiter.pointee.phase, nil)
    }
    unsafe waiter.pointee.next = last
    unsafe waiter.pointee.isEnqueued = true
    unsafe last = waiter
  }

  /// When the first waiter of the phase `open` began to wait.
  func firstWait(open: UInt64) -> UInt64? {
    var since: UInt64?
    unsafe forEach(open: open) { unsafe since = $0.pointee.record.since }
    return since
  }

  /// The identifiers of all threads that sleep in the phase `open`.
  func identifiers(open: UInt64) -> Set<UInt64> {
    var identifiers: Set<UInt64> = []
    unsafe forEach(open: open) { unsafe identifiers.insert($0.pointee.thread) }
    return identifiers
  }

  /// All threads that sleep in the phase `open`.
  func all(open: UInt64) -> [BarrierSnapshot.Waiter] {
    var waiters: [BarrierSnapshot.Waiter] = []
    unsafe forEach(open: open) { unsafe waiters.append($0.pointee.asReported) }
    return waiters
  }

  /// From the last to the first.
  private func forEach(open: UInt64, _ body: (UnsafeMutablePointer<ThreadWaiter>) -> Void) {
    var next = unsafe phase == open ? last : nil
    while let waiter = unsafe next {
      unsafe body(waiter)
      unsafe next = waiter.pointee.next
    }
  }
}
