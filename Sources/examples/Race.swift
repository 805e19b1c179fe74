import Barriers
import Foundation

/// A synchronized start, with a coordinator as one party more.
///
/// For measurements, load tests and tests of racing code: all get ready in their own time, and nobody starts
/// before the coordinator, who is the party that makes the number full. A thread is slow to start, so runners
/// that are merely started one after the other would be off one after the other, too.
func raceExample() throws {
  let processors = ProcessInfo.processInfo.activeProcessorCount
  let runners = max(2, min(processors, 8))  // any more would have to wait for a processor after the start
  let barrier = ThreadBarrier(parties: runners + 1, label: "starting line", timeout: .seconds(10))

  let threads = startThreads(runners, named: "runner") { runner in
    try barrier.abortOnError {
      var track = Array(repeating: true, count: 20_000)  // what is not to be measured comes before the start
      try barrier.wait()
      let start = ContinuousClock.now
      let primes = countPrimes(&track)
      return Run(runner: runner, start: start, finish: .now, primes: primes)
    }
  }
  let shot = try barrier.abortOnError {
    let shot = ContinuousClock.now
    try barrier.wait()
    return shot
  }
  let runs = try threads.join()

  let starts = runs.map(\.start)
  guard let first = starts.min(), let last = starts.max() else { throw ExampleFailure("nobody ran") }
  try check(shot <= first, "no runner started before the coordinator came to the line")
  say("  \(runners) runners on \(processors) processors, off within \((last - first).microseconds):")
  for (place, run) in runs.sorted(by: { $0.finish < $1.finish }).enumerated() {
    let off = (run.start - shot).microseconds.padded(to: 10)
    let time = (run.finish - run.start).milliseconds
    say("  \(place + 1). runner \(run.runner): off \(off) after the shot, ran \(time)")
  }
  var track = Array(repeating: true, count: 20_000)
  let expected = countPrimes(&track)
  let found = runs.map(\.primes)
  try check(found.allSatisfy { $0 == expected }, "each found \(expected) primes, not \(found)")
  say("  Each found the \(expected) primes below \(track.count).")
}

private struct Run {
  let runner: Int
  let start: ContinuousClock.Instant
  let finish: ContinuousClock.Instant
  let primes: Int
}

/// The sieve of Eratosthenes, in a table of numbers that are prime until found to be multiples.
private func countPrimes(_ isPrime: inout [Bool]) -> Int {
  var count = 0
  for number in 2..<isPrime.count where isPrime[number] {
    count += 1
    for multiple in stride(from: number * number, to: isPrime.count, by: number) {
      isPrime[multiple] = false
    }
  }
  return count
}
