import Barriers

/// What the barrier tells those who look at it from outside.
///
/// For reports, logs and tests: how many have arrived, in which phase, whether it is broken, and all of it in
/// words. What one reads was so a moment ago. Here it is known what it must be: each worker is started when
/// the one before it is seen to wait.
func propertiesExample() throws {
  let workers = 3
  let barrier = ThreadBarrier(parties: workers + 1, label: "gate", timeout: .seconds(10))
  report(barrier, "new")
  try check(barrier.waitingCount == 0 && barrier.phase == 0 && !barrier.isBroken, "a new barrier is empty")

  var threads: [StartedThreads<Arrival>] = []
  for count in 1...workers {
    threads.append(startThreads(1, named: "worker") { _ in try barrier.wait() })
    try poll(for: "\(count) waiting") { barrier.waitingCount == count }
    report(barrier, "\(count) arrived")
    try check(barrier.phase == 0 && !barrier.isBroken, "phase 0 still waits for some")
  }

  try barrier.wait()
  for (index, thread) in threads.enumerated() {
    try check(thread.join().map(\.index) == [index], "worker \(index) arrived as number \(index)")
  }
  report(barrier, "all arrived")
  try check(barrier.waitingCount == 0 && barrier.phase == 1 && !barrier.isBroken, "phase 1 is open and empty")

  barrier.abort()
  report(barrier, "aborted")
  try check(barrier.isBroken && barrier.waitingCount == 0, "an aborted barrier is broken, and nobody waits")

  barrier.reset()
  report(barrier, "reset")
  try check(!barrier.isBroken && barrier.phase == 2, "the broken phase keeps number 1, this is 2")
}

private func report(_ barrier: ThreadBarrier, _ event: String) {
  let counts = "waitingCount \(barrier.waitingCount), phase \(barrier.phase), isBroken \(barrier.isBroken)"
  say("  \(event.padded(to: 12)) \(counts.padded(to: 40)) \(barrier)")
}
