import Testing

@testable import Barriers

/// The rules without threads: for every order of steps, ``BarrierState`` follows the rules.
///
/// Tries every sequence of steps up to a certain length. Callers may be late: each remembers the phase in
/// which it was counted, and tries its step in that phase however many phases have ended since.
struct StateTests {
  /// rule 1, rule 2, rule 3, rule 4, rule 5, rule 12, rule 13, rule 14
  @Test(arguments: [
    (parties: 1, callers: 3, steps: 12), (parties: 2, callers: 3, steps: 12),
    (parties: 2, callers: 4, steps: 12),
    (parties: 3, callers: 4, steps: 12), (parties: 4, callers: 5, steps: 12),
  ])
  func everySequenceOfStepsFollowsTheRules(parties: Int, callers: Int, steps: Int) throws {
    var frontier: Set = [World(parties: parties, callers: callers)]
    var seen = frontier
    for _ in 0..<steps {
      var next: Set<World> = []
      for world in frontier {
        for step in world.steps {
          var after = world
          try after.take(step)
          if seen.insert(after).inserted { next.insert(after) }
        }
      }
      frontier = next
    }
    #expect(seen.count > 1_000)
    #expect(!frontier.isEmpty)
  }
}

/// The state under test, the reference, and the callers around them.
private struct World: Hashable {
  enum Step {
    case arrive, leave, enqueue, complete, failAction, giveUp, refusedLeave
    case abort, reset
  }

  private var bits: UInt64
  private var reference: ReferenceBarrier
  /// The role of each caller; `nil` while it is not at the barrier. Callers are interchangeable, so the
  /// array is sorted: worlds that differ only in the numbers of their callers are equal.
  private var callers: [ReferenceBarrier.Role?]

  init(parties: Int, callers: Int) {
    bits = BarrierState(opening: 0).bits
    reference = ReferenceBarrier(parties: parties)
    self.callers = Array(repeating: nil, count: callers)
  }

  private var state: BarrierState { BarrierState(bits: bits) }

  var steps: [(Step, caller: Int)] {
    var steps: [(Step, caller: Int)] = [(.abort, 0), (.reset, 0)]
    if let free = callers.firstIndex(of: nil) { steps.append((.arrive, free)) }
    for (index, role) in callers.enumerated() where index == 0 || callers[index - 1] != role {
      switch role {
      case nil: break
      case .waiter(let phase, _): steps += [(.enqueue, index), (.giveUp, index)] + leaving(phase, index)
      case .last(let phase): steps += [(.complete, index), (.failAction, index)] + leaving(phase, index)
      case .surplus(let phase): steps += [(.enqueue, index)] + leaving(phase, index)
      case .refused: steps.append((.refusedLeave, index))
      }
    }
    return steps
  }

  /// A caller may leave at any time after its phase has ended.
  private func leaving(_ phase: Int, _ caller: Int) -> [(Step, caller: Int)] {
    reference.phase > phase ? [(.leave, caller)] : []
  }

  mutating func take(_ step: (Step, caller: Int)) throws {
    let caller = step.caller
    let phase = callers[caller]?.phase ?? 0
    let generation = UInt64(phase)
    let old = state
    switch step.0 {
    case .arrive:
      let role = reference.arrive()
      try expect(old.role(parties: reference.parties) == role.asRole, "\(self) arrives as \(role)")
      if let index = role.index { try expect(old.arrived == index, "\(self) arrives as \(role)") }
      bits = old.bits + BarrierState.oneArrival
      callers[caller] = role
    case .leave: callers[caller] = nil
    case .enqueue: try change(to: old.afterEnqueue(in: generation), reference.enqueue(in: phase))
    case .complete:
      let isAllowed = reference.complete(phase)
      if isAllowed { try expectAllParties(of: phase) }
      try change(to: old.afterCompletion(of: generation), isAllowed)
    case .failAction:
      try change(to: old.afterBreak(of: generation), reference.failAction(of: phase))
    case .giveUp:
      try change(
        to: old.afterGivingUp(in: generation, parties: reference.parties), reference.giveUp(in: phase))
    case .abort: try change(to: old.afterBreak(), reference.abort())
    case .reset: try change(to: old.afterReset(), reference.reset())
    case .refusedLeave:
      try change(to: old.afterRefusal(in: generation), reference.refusedLeave(phase))
      callers[caller] = nil
    }
    try expectAgreement(since: old)
    callers.sort { $0.order < $1.order }
  }

  private mutating func change(to next: BarrierState?, _ isAllowed: Bool) throws {
    try expect((next != nil) == isAllowed, "\(self): allowed is \(isAllowed)")
    if let next { bits = next.bits }
  }

  private func expectAgreement(since old: BarrierState) throws {
    try expect(state.generation == UInt64(reference.phase), "\(self): phase")
    try expect(state.isBroken == reference.refusesAll, "\(self): broken")
    try expect(state.arrived == reference.calls, "\(self): arrived")
    try expect(state.hasWaiters == reference.hasWaiters, "\(self): waiters")
    // A call that breaks a phase must know how many parties have arrived, because each of them throws.
    if state.generation != old.generation {
      let counted = callers.count { $0?.phase == Int(old.generation) && $0?.isRefused == false }
      try expect(old.arrived == counted, "\(self): \(old.arrived) arrived, \(counted) were counted")
    }
  }

  /// Checks that the parties of a completed phase have each index once.
  private func expectAllParties(of phase: Int) throws {
    let indices = callers.filter { $0?.phase == phase }.compactMap { $0?.index }
    let lasts = callers.count { $0 == .last(phase: phase) }
    try expect(
      indices.sorted() == Array(0..<(reference.parties - 1)) && lasts == 1, "\(self) completes \(phase)")
  }

  private func expect(_ condition: Bool, _ comment: @autoclosure () -> String) throws {
    if !condition { throw Fault(comment()) }
  }
}

extension ReferenceBarrier.Role {
  fileprivate var phase: Int {
    switch self {
    case .waiter(let phase, _), .last(let phase), .surplus(let phase), .refused(let phase): phase
    }
  }

  fileprivate var isRefused: Bool { asRole == .refused }

  fileprivate var index: Int? {
    if case .waiter(_, let index) = self { index } else { nil }
  }

  fileprivate var asRole: BarrierState.Role {
    switch self {
    case .waiter: .waiter
    case .last: .last
    case .surplus: .surplus
    case .refused: .refused
    }
  }
}

extension ReferenceBarrier.Role? {
  /// A sort key that is the same for equal roles only.
  fileprivate var order: Int {
    switch self {
    case nil: 0
    case .waiter(let phase, let index): 1 + phase * 100 + index
    case .last(let phase): 50 + phase * 100
    case .surplus(let phase): 60 + phase * 100
    case .refused(let phase): 70 + phase * 100
    }
  }
}
