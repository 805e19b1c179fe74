@testable import Barriers

/// The rules of a barrier in their simplest form, without bits or threads.
///
/// ``StateTests`` compares ``BarrierState`` with it. Each step returns whether the rules allow it.
struct ReferenceBarrier: Hashable {
  enum Ending: Hashable { case completed, broken, reset }

  enum Role: Hashable {
    case waiter(phase: Int, index: Int)
    case last(phase: Int)
    case surplus(phase: Int)
    case refused(phase: Int)
  }

  let parties: Int
  /// How each past phase ended; the open phase comes after them.
  private(set) var endings: [Ending] = []
  private(set) var refusesAll = false
  /// Calls counted since the phase opened. On a broken barrier: refused calls that have not left yet.
  private(set) var calls = 0
  private(set) var hasWaiters = false

  init(parties: Int) { self.parties = parties }

  var phase: Int { endings.count }

  mutating func arrive() -> Role {
    defer { calls += 1 }
    if refusesAll { return .refused(phase: phase) }
    if calls < parties - 1 { return .waiter(phase: phase, index: calls) }
    return calls < parties ? .last(phase: phase) : .surplus(phase: phase)
  }

  mutating func enqueue(in phase: Int) -> Bool {
    guard isOpen(phase) else { return false }
    hasWaiters = true
    return true
  }

  mutating func complete(_ phase: Int) -> Bool {
    isOpen(phase) && end(.completed)
  }

  mutating func failAction(of phase: Int) -> Bool {
    isOpen(phase) && end(.broken)
  }

  mutating func giveUp(in phase: Int) -> Bool {
    isOpen(phase) && calls < parties && end(.broken)
  }

  mutating func abort() -> Bool {
    !refusesAll && end(.broken)
  }

  mutating func reset() -> Bool {
    if refusesAll {
      refusesAll = false
      calls = 0
      return true
    }
    return calls > 0 && end(.reset)
  }

  mutating func refusedLeave(_ phase: Int) -> Bool {
    guard refusesAll, phase == self.phase else { return false }
    calls = 0
    return true
  }

  private func isOpen(_ phase: Int) -> Bool { phase == self.phase && !refusesAll }

  private mutating func end(_ ending: Ending) -> Bool {
    endings.append(ending)
    refusesAll = ending == .broken
    calls = 0
    hasWaiters = false
    return true
  }
}
