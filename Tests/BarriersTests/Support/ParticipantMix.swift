/// Who takes part, in a test that runs in a process of its own.
enum ParticipantMix: String, CaseIterable, Codable, Sendable {
  case threads, tasks, mixed

  /// What the party with this index is.
  func kind(of index: Int) -> Kind {
    switch self {
    case .threads: .thread
    case .tasks: .task
    case .mixed: Kind.allCases[index % Kind.allCases.count]
    }
  }

  /// As many as asked for.
  func kinds(_ count: Int) -> [Kind] { (0..<count).map(kind) }
}
