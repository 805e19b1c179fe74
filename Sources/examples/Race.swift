import Barriers
import Foundation

/// A synchronized start, with a coordinator as an extra party.
///
/// For measurements, load tests and tests of racing code: each runner gets ready at its own pace, and none
/// starts before all are ready and the coordinator has arrived too. Starting a thread takes time, so without
/// a barrier the runners would begin one after another.
func raceExample() throws {
  let processors = ProcessInfo.processInfo.activeProcessorCount
  let runners = max(2, min(processors, 8))  // more would have to wait for a processor
  let barrier = ThreadBarrier(parties: runners + 1, label: "starting line", timeout: .seconds(10))

  let threads = startThreads(runners, named: "runner") { runner in
    try barrier.abortOnError {
      var track = Array(repeating: true, count: 20_000)  // before the start: not measured
      try barrier.wait()
      let start = ContinuousClock.now
      let primes = countPrimes(&track)
      return Run(runner: runner, start: start, finish: .now, primes: primes)
    }
  }
  let signal = try barrier.abortOnError {
    let now = ContinuousClock.now
    try barrier.wait()
    return now
  }
  let runs = try threads.join()

  let starts = runs.map(\.start)
  guard let first = starts.min(), let last = starts.max() else { throw ExampleFailure("no runners") }
  try check(signal <= first, "no runner started before the coordinator arrived")
  say("  \(runners) runners on \(processors) processors, started within \((last - first).microseconds):")
  for (place, run) in runs.sorted(by: { $0.finish < $1.finish }).enumerated() {
    let delay = (run.start - signal).microseconds.padded(to: 10)
    let time = (run.finish - run.start).milliseconds
    say("  \(place + 1). runner \(run.runner): started \(delay) after the signal, ran \(time)")
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

/// The sieve of Eratosthenes. A number is prime until it is found to be a multiple.
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
