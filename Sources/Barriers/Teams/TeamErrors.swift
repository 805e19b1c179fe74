/// A team that could not be gathered, for the system had no thread left. Those that had been started have ended, and none of
/// them has begun its part.
public struct ThreadStartError: Error, Sendable, CustomStringConvertible {
  /// Which of the threads could not be started, counted from 0: so many were there before it.
  public let index: Int

  /// How many there were to be.
  public let size: Int

  /// The team's label.
  public let label: String?

  /// What `pthread_create` returned: `EAGAIN` at the system's limit of threads or of memory.
  public let errorNumber: Int32

  /// What happened, and what to do: `team "sum": only 30 of 64 threads could be started …`.
  public var description: String {
    let team = label.map { "team \"\($0)\"" } ?? "team"
    let reason = "pthread_create: \(errorText(errorNumber))"
    return "\(team): only \(index) of \(size) threads could be started (\(reason)); "
      + "make the team smaller, or raise the limit of threads"
  }
}

/// Why a team's barrier was aborted: the rest of the team waited for members that had ended.
public struct TeamMemberExitedError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The members that had ended, by index.
  public let members: [Int]

  /// `member 2 has ended, and everyone else waits for it`.
  public var description: String {
    let names = members.map(String.init)
    if names.count == 1 { return "member \(names[0]) has ended, and everyone else waits for it" }
    let list = names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
    return "members \(list) have ended, and everyone else waits for them"
  }
}
