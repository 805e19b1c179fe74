/// A way to run parties through phases: a barrier, or what a program would use instead of one.
struct Implementation: Sendable {
  enum Kind: String, Codable, CaseIterable {
    /// A barrier of this library.
    case swiftBarriers
    /// Another barrier that blocks threads. All ratios are to the fastest of these.
    case peer
    /// Something else that a program might use instead.
    case alternative
    /// A lower bound for any barrier.
    case limit
  }

  let name: String
  let kind: Kind
  /// The largest number of parties to measure it with.
  let maxParties: Int
  let method: Method

  enum Method: Sendable {
    /// Takes the parties of a run through its phases, at a new barrier.
    case inProcess(@Sendable (BenchmarkRun) async throws -> Void)
    /// Runs another process that measures phases back to back, for at least that many milliseconds.
    case externalProgram(@Sendable (_ parties: Int, _ milliseconds: Int) async throws -> Cost)
  }

  init(_ name: String, _ kind: Kind, maxParties: Int = .max, _ method: Method) {
    self.name = name
    self.kind = kind
    self.maxParties = maxParties
    self.method = method
  }

  init(
    _ name: String, _ kind: Kind, maxParties: Int = .max,
    _ body: @escaping @Sendable (BenchmarkRun) async throws -> Void
  ) {
    self.init(name, kind, maxParties: maxParties, .inProcess(body))
  }

  /// A barrier that blocks threads: `create` returns the wait function of a new one.
  static func threads(
    _ name: String, _ kind: Kind, maxParties: Int = 4096,
    _ create: @escaping @Sendable (_ parties: Int) -> @Sendable () -> Void
  ) -> Implementation {
    Implementation(name, kind, maxParties: maxParties) { run in
      let wait = create(run.parties)
      Threads.join(Threads.start(run.parties) { party in run.runParty(party, wait) })
    }
  }

  static let all = swiftBarriers + blockingPeers + alternatives + [spinning]
}
