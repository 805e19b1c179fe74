import Barriers

/// What the barrier tells an observer.
///
/// For reports, logs and tests: how many parties have arrived, in which phase, whether the barrier is broken,
/// and a description. A value is the state of a moment ago. Here the values are known, because each worker
/// starts only after the one before it waits.
func propertiesExample() throws {
  let workers = 3
  let barrier = ThreadBarrier(parties: workers + 1, label: "gate", timeout: .seconds(10))
  report(barrier, "new")
  try check(barrier.waitingCount == 0 && barrier.phase == 0 && !barrier.isBroken, "a new barrier is empty")

  var threads: [StartedThreads<Arrival>] = []
  for count in 1...workers {
    threads.append(startThreads(1, named: "worker") { _ in try barrier.wait() })
    try poll(for: "\(count) workers to wait") { barrier.waitingCount == count }
    report(barrier, "\(count) arrived")
    try check(barrier.phase == 0 && !barrier.isBroken, "phase 0 is still open")
  }

  try barrier.wait()
  for (index, thread) in threads.enumerated() {
    try check(thread.join().map(\.index) == [index], "worker \(index) has arrival index \(index)")
  }
  report(barrier, "all arrived")
  try check(barrier.waitingCount == 0 && barrier.phase == 1 && !barrier.isBroken, "phase 1 is open and empty")

  barrier.abort()
  report(barrier, "aborted")
  try check(barrier.isBroken && barrier.waitingCount == 0, "an aborted barrier is broken, and no party waits")

  barrier.reset()
  report(barrier, "reset")
  try check(!barrier.isBroken && barrier.phase == 2, "the broken phase keeps number 1, and the next is 2")
}

private func report(_ barrier: ThreadBarrier, _ event: String) {
  let counts = "waitingCount \(barrier.waitingCount), phase \(barrier.phase), isBroken \(barrier.isBroken)"
  say("  \(event.padded(to: 12)) \(counts.padded(to: 40)) \(barrier)")
}
