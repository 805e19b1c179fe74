/// One pattern of use, which can be run by its name.
struct Example: Sendable {
  let name: String
  let summary: String
  /// The arguments it takes, as the list shows them; `nil` if it takes none.
  let parameters: String?
  private let body: @Sendable ([String]) async throws -> Void

  init(_ name: String, _ summary: String, _ body: @escaping @Sendable () async throws -> Void) {
    self.name = name
    self.summary = summary
    parameters = nil
    self.body = { _ in try await body() }
  }

  init(
    _ name: String, parameters: String, _ summary: String,
    _ body: @escaping @Sendable ([String]) async throws -> Void
  ) {
    self.name = name
    self.summary = summary
    self.parameters = parameters
    self.body = body
  }

  /// Runs it under a heading.
  func run(_ arguments: [String] = []) async throws {
    if parameters == nil, let first = arguments.first {
      throw UsageError("\(name) takes no arguments, but there is \"\(first)\"")
    }
    say("\(name): \(summary)")
    do {
      try await body(arguments)
    } catch let error as UsageError {
      throw error
    } catch {
      throw ExampleFailure("\(name): \(error)")
    }
  }
}

let allExamples = [
  Example("phases", "each worker sees what all the others did in a phase, never half of it", phasesExample),
  Example("cycles", "one barrier serves for any number of phases", cyclesExample),
  Example("action", "the last arrival writes a checkpoint while all others wait", actionExample),
  Example("race", "a coordinator is an extra party, and starts all runners at once", raceExample),
  Example(
    "mapreduce", parameters: "[file ...]",
    "threads count words, and wait for one another between map and reduce", mapReduceExample),
  Example(
    "life", parameters: "[pattern.rle [generations]]",
    "Conway's Life, a band of rows per thread, a phase per generation", lifeExample),
  Example("properties", "what the barrier tells observers: counts, phase, description", propertiesExample),
  Example("abort", "a worker fails, and the others do not wait for it", abortExample),
  Example("reset", "a reset frees the waiting workers, and the barrier is used again", resetExample),
  Example("timeout", "a party never arrives, and the others do not wait forever", timeoutExample),
  Example("team", "one call starts threads that share a barrier, and joins them", teamExample),
  Example("stall", "parties wait too long, and a report names the likely cause", stallExample),
  Example("dispatch", "work items as parties: a serial queue each, never concurrentPerform", dispatchExample),
  Example("async", "far more tasks than threads wait for one another, without blocking", asyncExample),
  Example("mixed", "threads and tasks are equal parties of one barrier", mixedExample),
]

/// Runs the example that the command line names, with its arguments; without a name, all examples.
func runExamples(arguments: [String]) async throws {
  guard let name = arguments.first else {
    let time = try await ContinuousClock().measure {
      for example in allExamples {
        try await example.run()
        say()
      }
    }
    return say("\(allExamples.count) examples passed in \(time.seconds)")
  }
  let rest = Array(arguments.dropFirst())
  if let example = allExamples.first(where: { $0.name == name }) {
    return try await example.run(rest)
  }
  guard ["--help", "-h", "help", "list"].contains(name) else {
    throw UsageError("there is no example named \"\(name)\"")
  }
  if let first = rest.first {
    throw UsageError("\(name) takes no arguments, but there is \"\(first)\"")
  }
  printList()
}

private func printList() {
  say("Usage: swift run examples [name [argument ...]]")
  say()
  say("Without a name, all examples run, one after another:")
  let width = allExamples.map(\.name.count).max() ?? 0
  for example in allExamples {
    say("  \(example.name.padded(to: width))  \(example.summary)")
    if let parameters = example.parameters {
      say("  \("".padded(to: width))  swift run examples \(example.name) \(parameters)")
    }
  }
}
