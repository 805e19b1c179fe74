import Barriers

// What the samples use without declaring it.

let barrier = ThreadBarrier(parties: 1)
let parts = [1, 2, 3]

func compute(_ worker: Int, _ step: Int) throws {}
func compute(_ worker: Int, _ round: Int) async throws {}
func compute(_ member: Int) -> Int { member }
func handle(_ part: Int) throws {}
func load(_ worker: Int) throws -> [Int] { [worker] }
func load(_ worker: Int) async throws -> [Int] { [worker] }
func process(_ part: [Int]) throws {}
func process(_ part: [Int]) async throws {}
func load(part: Int) -> [Int] { [part] }
func sum(_ share: [Int]) -> Int { share.reduce(0, +) }
func log(_ text: String) { print(text) }

/// Shadows Swift's function, so that the samples do not clutter the output of the tests.
func print(_ items: Any...) {}

final class World: Sendable {
  func swapBuffers() {}
}

/// `@unchecked Sendable`: the phases of a barrier guard it.
final class Cells: @unchecked Sendable {
  private let cells: UnsafeMutableBufferPointer<Int>

  init(count: Int) {
    cells = .allocate(capacity: count)
    cells.initialize(repeating: 0)
  }

  deinit { cells.deallocate() }

  subscript(index: Int) -> Int {
    get { cells[index] }
    set { cells[index] = newValue }
  }
}

/// Calls a body that may throw from one that may not.
func attempt(_ body: () throws -> Void) {
  try? body()
}
