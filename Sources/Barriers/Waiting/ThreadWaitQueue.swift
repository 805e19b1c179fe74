internal import CBarriers

/// A thread that sleeps, or is about to. It lives on the stack of that thread.
@safe struct ThreadWaiter {
  let phase: UInt64
  let sleep: WaitRecord
  fileprivate let thread = cbarriers_thread_id()
  private let queue = unsafe cbarriers_dispatch_queue()
  fileprivate var next: UnsafeMutablePointer<ThreadWaiter>?
  fileprivate(set) var isEntered = false

  /// It falls asleep now.
  init(_ token: ArrivalToken, at site: CallSite) {
    phase = token.phase
    sleep = WaitRecord(token, at: site)
    unsafe next = nil
  }

  /// Called while it sleeps: so the queue is there, whose block that is.
  fileprivate var asReported: BarrierSnapshot.Waiter {
    guard let label = unsafe cbarriers_dispatch_label(queue).map({ unsafe String(cString: $0) }) else {
      return .init(sleep, thread: thread)
    }
    let pool = unsafe ThreadPoolKind(queue: UInt(bitPattern: queue), label: label)
    return .init(sleep, thread: thread, queue: pool == .none ? nil : label, pool: pool)
  }
}

/// The threads that sleep in the open phase: a list through their own stacks, so that to be in it allocates nothing.
///
/// Nobody leaves the list: it is void when its phase is over. It is read only under the lock, and only if its phase is found
/// open then. A thread in it returns from its wait only after it has found, under the lock too, that the phase is over. So
/// whoever reads the list finds all of those threads still there.
///
/// `@unchecked Sendable`: guarded by the lock, with what it points to.
@safe struct ThreadWaitQueue: @unchecked Sendable {
  private var phase: UInt64 = 0
  private var last: UnsafeMutablePointer<ThreadWaiter>?

  /// Enters a thread that is about to sleep in the open phase.
  mutating func enter(_ thread: UnsafeMutablePointer<ThreadWaiter>) {
    if unsafe thread.pointee.phase != phase {
      unsafe (phase, last) = (thread.pointee.phase, nil)
    }
    unsafe thread.pointee.next = last
    unsafe thread.pointee.isEntered = true
    unsafe last = thread
  }

  /// Since when the first has slept of those who sleep in the phase `open`.
  func since(open: UInt64) -> UInt64? {
    var since: UInt64?
    unsafe forEach(open: open) { unsafe since = $0.pointee.sleep.since }
    return since
  }

  /// All who sleep in the phase `open`.
  func all(open: UInt64) -> [BarrierSnapshot.Waiter] {
    var waiters: [BarrierSnapshot.Waiter] = []
    unsafe forEach(open: open) { unsafe waiters.append($0.pointee.asReported) }
    return waiters
  }

  /// From the last to the first.
  private func forEach(open: UInt64, _ body: (UnsafeMutablePointer<ThreadWaiter>) -> Void) {
    var next = unsafe phase == open ? last : nil
    while let thread = unsafe next {
      unsafe body(thread)
      unsafe next = thread.pointee.next
    }
  }
}
