import Barriers

/// One call starts threads that share a barrier, and joins them.
///
/// For work in phases on threads that exist only for it. The call returns the members' results by index. A
/// member that throws frees the others, and the call throws its error. If a member ends too soon, the others
/// do not wait for it.
func teamExample() throws {
  try computePrefixSums()
  failInOneMember()
  endTooSoon()
}

/// Prefix sums: in each phase, every sum adds the one at a distance to its left, and the distance doubles.
/// (W. D. Hillis and G. L. Steele, "Data parallel algorithms", 1986.)
private func computePrefixSums() throws {
  let numbers = (1...1_000).map { $0 * $0 % 97 }
  let size = 4
  // One to read and one to write; they swap roles in each phase.
  let buffers = [SharedBuffer(numbers), SharedBuffer(numbers)]

  let phases = try withThreadTeam(size: size, label: "sums", timeout: .seconds(10)) { member in
    let share = slice(of: numbers.count, for: member.index, of: size)
    var (distance, phases) = (1, 0)
    while distance < numbers.count {
      let (old, new) = (buffers[phases % 2], buffers[(phases + 1) % 2])
      for index in share {
        new[index] = old[index] + (index >= distance ? old[index - distance] : 0)
      }
      try member.wait()
      distance *= 2
      phases += 1
    }
    return phases
  }

  try check(Set(phases) == [10], "every member completed ten phases")
  var sum = 0
  let expected = numbers.map { number in
    sum += number
    return sum
  }
  try check(buffers[0].contents == expected, "one thread alone computes the same sums")
  say("  \(size) members computed \(numbers.count) prefix sums in \(phases[0]) phases; the last is \(sum)")
}

/// The call throws the error of the member that failed, not one that followed from it.
private func failInOneMember() {
  do {
    try withThreadTeam(size: 3, label: "files") { member in
      if member.index == 1 { throw MissingFile(name: "part-1.csv") }
      try member.wait()
    }
  } catch {
    say("  A member failed, and the others were freed: \(error)")
  }
}

private struct MissingFile: Error, CustomStringConvertible {
  let name: String
  var description: String { "\(name) is missing" }
}

/// A member with one phase fewer than the others.
private func endTooSoon() {
  do {
    try withThreadTeam(size: 3, label: "steps") { member in
      for _ in 0..<(member.index == 2 ? 4 : 5) { try member.wait() }
    }
  } catch {
    say("  A member ended too soon: \(error)")
  }
}
