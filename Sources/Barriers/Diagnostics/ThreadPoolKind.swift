/// Which pool the thread of a sleeper belongs to, as far as that tells why others do not come.
enum ThreadPoolKind: Hashable, Sendable {
  /// Swift's cooperative pool: about as many threads as processors.
  case swift
  /// Dispatch's global queues, and `concurrentPerform`: at most one more thread a second, or none.
  case global
  /// A work item of this queue. If others of the same queue sleep too, it is a concurrent one, on the same threads.
  case queue(UInt)
  /// A thread of its own.
  case none

  /// The labels are what Swift 6.3 and Dispatch use on Linux and on Darwin; a thread without a work item is in the global queue
  /// for those that may have any number of threads.
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
