/// A fixed number of elements that threads share without a lock, because a barrier separates their accesses.
///
/// `@unchecked Sendable`: the phase guards each element. In a phase, an element has either one writer and no
/// other access, or any number of readers. The barrier between two phases ensures that what was written in
/// the first is visible in the second. The compiler cannot check this; ThreadSanitizer does.
final class SharedBuffer<Element: Sendable>: @unchecked Sendable {
  private let elements: UnsafeMutableBufferPointer<Element>

  init(_ initial: [Element]) {
    elements = .allocate(capacity: initial.count)
    _ = elements.initialize(fromContentsOf: initial)
  }

  deinit {
    elements.deinitialize()
    elements.deallocate()
  }

  var count: Int { elements.count }

  subscript(index: Int) -> Element {
    get {
      precondition(elements.indices.contains(index), "no element \(index) in a buffer of \(elements.count)")
      return elements[index]
    }
    set {
      precondition(elements.indices.contains(index), "no element \(index) in a buffer of \(elements.count)")
      elements[index] = newValue
    }
  }

  /// A copy of all elements.
  var contents: [Element] { Array(elements) }
}

/// The part of `0 ..< count` that belongs to one of `workers`. The sizes of the parts differ by at most one.
func slice(of count: Int, for worker: Int, of workers: Int) -> Range<Int> {
  count * worker / workers..<count * (worker + 1) / workers
}
