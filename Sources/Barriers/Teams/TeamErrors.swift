/// The system had no thread left for a team.
///
/// The threads that had been started have ended, and no member has run its body.
public struct ThreadStartError: Error, Sendable, CustomStringConvertible {
  /// Which thread could not be started, counted from 0. So this many had been started before it.
  public let index: Int

  /// How many threads the team was to have.
  public let size: Int

  /// The team's label.
  public let label: String?

  /// What `pthread_create` returned: `EAGAIN` at the system's limit of threads or of memory.
  public let errorNumber: Int32

  /// What happened, and what to do: `team "sum": only 30 of 64 threads could be started …`.
  public var description: String {
    let team = label.map { "team \($0.quoted)" } ?? "team"
    let reason = "pthread_create: \(errorText(errorNumber))"
    return "\(team): only \(index) of \(size) threads could be started (\(reason)); "
      + "make the team smaller, or raise the limit of threads"
  }
}

/// The rest of a team waited for members that had ended, so the team's barrier was aborted with this error.
public struct TeamMemberExitedError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The members that had ended, by index.
  public let members: [Int]

  /// `member 2 has ended, and all others wait for it`.
  public var description: String {
    let names = members.map(String.init)
    if names.count == 1 { return "member \(names[0]) has ended, and all others wait for it" }
    let list = names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
    return "members \(list) have ended, and all others wait for them"
  }
}
