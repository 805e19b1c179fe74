import Barriers

/// Threads that are started, meet, and are joined in one call.
///
/// For work in phases on threads of one's own, where nobody else takes part. What each member returns comes back by index; what
/// a member throws frees the others and is thrown; and a member that ends too soon is noticed, instead of being waited for.
func teamExample() throws {
  try addUpPrefixes()
  failInOneMember()
  leaveTooSoon()
}

/// Running totals: in each phase every sum takes in the one that stands twice as far to its left as in the phase before.
/// (W. D. Hillis and G. L. Steele, "Data parallel algorithms", 1986.)
private func addUpPrefixes() throws {
  let numbers = (1...1_000).map { $0 * $0 % 97 }
  let size = 4
  // One to read, one to write, and the other way round in the next phase.
  let buffers = [SharedBuffer(numbers), SharedBuffer(numbers)]

  let phases = try withThreadTeam(size: size, label: "sums", timeout: .seconds(10)) { member in
    let share = slice(of: numbers.count, for: member.index, of: size)
    var (distance, phases) = (1, 0)
    while distance < numbers.count {
      let (old, new) = (buffers[phases % 2], buffers[(phases + 1) % 2])
      for place in share {
        new[place] = old[place] + (place >= distance ? old[place - distance] : 0)
      }
      try member.wait()
      distance *= 2
      phases += 1
    }
    return phases
  }

  try check(Set(phases) == [10], "every member came through ten phases")
  var sum = 0
  let expected = numbers.map { number in
    sum += number
    return sum
  }
  try check(buffers[0].contents == expected, "the sums are those of one thread")
  say("  \(size) members added up \(numbers.count) running totals in \(phases[0]) phases; the last is \(sum)")
}

/// The error of the member that failed comes out, not one that followed from it.
private func failInOneMember() {
  do {
    try withThreadTeam(size: 3, label: "files") { member in
      if member.index == 1 { throw MissingFile(name: "part-1.csv") }
      try member.wait()
    }
  } catch {
    say("  One failed, and the others were let go: \(error)")
  }
}

private struct MissingFile: Error, CustomStringConvertible {
  let name: String
  var description: String { "\(name) is not there" }
}

/// A member that has one phase fewer than the others.
private func leaveTooSoon() {
  do {
    try withThreadTeam(size: 3, label: "steps") { member in
      for _ in 0..<(member.index == 2 ? 4 : 5) { try member.wait() }
    }
  } catch {
    say("  One counted wrong: \(error)")
  }
}
