/// A way for parties to go through phases together.
struct Contender: Sendable {
  enum Kind: String, Codable {
    /// This library's.
    case ours
    /// Another barrier that blocks threads. The best of these is what all ratios are to.
    case peer
    /// Something else that one might use instead.
    case other
    /// What no barrier can be faster than.
    case limit
  }

  let name: String
  let kind: Kind
  /// More than this it is not asked to manage.
  let maxParties: Int
  let method: Method

  enum Method: Sendable {
    /// Takes the job's parties through its phases, at a barrier that is made for it.
    case job(@Sendable (Job) async throws -> Void)
    /// Has another process do so, back to back, for at least so many milliseconds.
    case program(@Sendable (_ parties: Int, _ milliseconds: Int) async throws -> Cost)
  }

  init(_ name: String, _ kind: Kind, maxParties: Int = .max, _ method: Method) {
    self.name = name
    self.kind = kind
    self.maxParties = maxParties
    self.method = method
  }

  init(
    _ name: String, _ kind: Kind, maxParties: Int = .max,
    _ run: @escaping @Sendable (Job) async throws -> Void
  ) {
    self.init(name, kind, maxParties: maxParties, .job(run))
  }

  /// Threads that meet at a barrier which blocks them.
  static func threads(
    _ name: String, _ kind: Kind, maxParties: Int = 4096,
    _ make: @escaping @Sendable (_ parties: Int) -> @Sendable () -> Void
  ) -> Contender {
    Contender(name, kind, maxParties: maxParties) { job in
      let wait = make(job.parties)
      Threads.join(Threads.start(job.parties) { party in job.play(party, wait) })
    }
  }

  static let all = ours + blockingPeers + otherWays + [spinning]
}
