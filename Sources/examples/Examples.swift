/// One pattern of use, to be run by its name.
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
      throw UsageError("\(name) takes no arguments, but was given \"\(first)\"")
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
  Example("action", "the last to arrive writes a checkpoint while all the others stand still", actionExample),
  Example("race", "a coordinator is one party more, and starts all runners at once", raceExample),
  Example(
    "mapreduce", parameters: "[file ...]", "words counted by threads that meet between map and reduce",
    mapReduceExample),
  Example(
    "life", parameters: "[pattern.rle [generations]]",
    "Conway's Life, a band of rows a thread, a phase a generation", lifeExample),
  Example("properties", "what the barrier tells those who look at it from outside", propertiesExample),
  Example("abort", "a worker fails, and nobody waits for it", abortExample),
  Example("reset", "those who wait are called off, then the barrier is used again", resetExample),
  Example("timeout", "a party never comes, and the others do not wait for ever", timeoutExample),
  Example("team", "threads that are started, meet, and are joined in one call", teamExample),
  Example("stall", "parties that wait in vain, and a report that names the culprit", stallExample),
  Example("dispatch", "parties as work items: a serial queue each, never concurrentPerform", dispatchExample),
  Example("async", "tasks that meet without blocking a thread, far more of them than threads", asyncExample),
  Example("mixed", "threads and tasks are equal parties of one barrier", mixedExample),
]

/// Runs what the command line names: one example with its arguments, or all of them without any.
func runExamples(arguments: [String]) async throws {
  guard let name = arguments.first else {
    let time = try await ContinuousClock().measure {
      for example in allExamples {
        try await example.run()
        say()
      }
    }
    return say("\(allExamples.count) examples, all as they should be, in \(time.seconds)")
  }
  let rest = Array(arguments.dropFirst())
  if let example = allExamples.first(where: { $0.name == name }) {
    return try await example.run(rest)
  }
  guard ["--help", "-h", "help", "list"].contains(name) else {
    throw UsageError("there is no example \"\(name)\"")
  }
  if let first = rest.first {
    throw UsageError("\(name) takes no arguments, but was given \"\(first)\"")
  }
  printList()
}

private func printList() {
  say("Usage: swift run examples [name [argument ...]]")
  say()
  say("Without a name all are run, one after the other:")
  let width = allExamples.map(\.name.count).max() ?? 0
  for example in allExamples {
    say("  \(example.name.padded(to: width))  \(example.summary)")
    if let parameters = example.parameters {
      say("  \("".padded(to: width))  swift run examples \(example.name) \(parameters)")
    }
  }
}
