import Barriers
import Foundation
import Synchronization

let usableProcessors = ProcessInfo.processInfo.activeProcessorCount

/// What one phase cost, on average over a run.
struct Cost: Sendable {
  /// Nanoseconds from the first party's start to the last one's end, divided by the phases.
  var wall: Double
  /// Nanoseconds of processor time of the whole process, where known.
  var cpu: Double?
  /// Context switches of the whole process, where known.
  var switches: Double?

  static func median(_ costs: [Cost]) -> Cost {
    func middle(_ values: [Double]) -> Double? {
      values.isEmpty ? nil : values.sorted()[values.count / 2]
    }
    return Cost(
      wall: middle(costs.map(\.wall))!, cpu: middle(costs.compactMap(\.cpu)),
      switches: middle(costs.compactMap(\.switches)))
  }
}

/// How long a run has to be, in nanoseconds, that starting it and learning how to wait do not count.
enum Run {
  @TaskLocal static var length = 50e6
}

/// Runs more and more phases, until a run is long enough.
func repeated(_ run: (_ phases: Int) async -> Cost) async -> Cost {
  var phases = 10
  while true {
    let cost = await run(phases)
    let length = cost.wall * Double(phases)
    if length >= Run.length { return cost }
    phases *= max(2, min(100, Int(1.2 * Run.length / length)))
  }
}

/// When the first party started its phases, and when the last one ended them.
private final class Span: Sendable {
  private let start = Atomic(Int64.max)
  private let end = Atomic(Int64(0))
  private let before = Usage.now

  /// The part of one party. The phases before the clock starts are there for all to come up.
  func party(_ phases: Int, _ wait: () -> Void) {
    for _ in 0..<3 { wait() }
    start.min(nanoseconds(), ordering: .relaxed)
    for _ in 0..<phases { wait() }
    end.max(nanoseconds(), ordering: .relaxed)
  }

  func task(_ phases: Int, _ barrier: AsyncBarrier) async {
    for _ in 0..<3 { _ = try! await barrier.wait() }
    start.min(nanoseconds(), ordering: .relaxed)
    for _ in 0..<phases { _ = try! await barrier.wait() }
    end.max(nanoseconds(), ordering: .relaxed)
  }

  func cost(of phases: Int) -> Cost {
    let used = Usage.now - before
    let wall = end.load(ordering: .relaxed) - start.load(ordering: .relaxed)
    return Cost(
      wall: Double(wall) / Double(phases), cpu: used.cpu / Double(phases),
      switches: used.switches / Double(phases))
  }
}

func runThreads(_ parties: Int, phases: Int, _ wait: @escaping @Sendable () -> Void) -> Cost {
  let span = Span()
  join(startThreads(parties) { span.party(phases, wait) })
  return span.cost(of: phases)
}

func runTasks(_ parties: Int, phases: Int, at barrier: AsyncBarrier) async -> Cost {
  let span = Span()
  await withTaskGroup { group in
    for _ in 0..<parties { group.addTask { await span.task(phases, barrier) } }
  }
  return span.cost(of: phases)
}

func runBoth(_ parties: Int, phases: Int, at barrier: ThreadBarrier) async -> Cost {
  let span = Span()
  let threads = startThreads(parties / 2) { span.party(phases) { try! barrier.wait() } }
  await withTaskGroup { group in
    for _ in 0..<parties - parties / 2 {
      group.addTask { await span.task(phases, AsyncBarrier(sharing: barrier)) }
    }
  }
  join(threads)
  return span.cost(of: phases)
}

/// Starts threads that run `body`, on small stacks, for there may be many.
private func startThreads(_ count: Int, _ body: @escaping @Sendable () -> Void) -> [pthread_t] {
  (0..<count).map { _ in
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, 256 * 1024)
    defer { pthread_attr_destroy(&attributes) }
    let argument = Unmanaged.passRetained(Body(body)).toOpaque()
    #if os(Linux)
    var thread: pthread_t? = pthread_t()
    let error = pthread_create(&thread!, &attributes, { Body.run($0!) }, argument)
    #else
    var thread: pthread_t?
    let error = pthread_create(&thread, &attributes, { Body.run($0) }, argument)
    #endif
    precondition(error == 0, "pthread_create failed: error \(error)")
    return thread!
  }
}

private func join(_ threads: [pthread_t]) {
  for thread in threads { pthread_join(thread, nil) }
}

private final class Body {
  private let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }

  static func run(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().body()
    return nil
  }
}

private func nanoseconds() -> Int64 {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}

/// What the process has used so far.
private struct Usage {
  var cpu: Double
  var switches: Double

  static var now: Usage {
    var usage = rusage()
    // RUSAGE_SELF, which Glibc imports as a type that its own function does not take.
    let ownProcess: Int32 = 0
    getrusage(ownProcess, &usage)
    let seconds = Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
    let microseconds = Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
    return Usage(
      cpu: seconds * 1e9 + microseconds * 1e3, switches: Double(usage.ru_nvcsw + usage.ru_nivcsw))
  }

  static func - (later: Usage, earlier: Usage) -> Usage {
    Usage(cpu: later.cpu - earlier.cpu, switches: later.switches - earlier.switches)
  }
}
