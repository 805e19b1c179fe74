/// A fixed number of elements that threads share without a lock, because a barrier tells them whose turn it
/// is.
///
/// `@unchecked Sendable`: what guards an element is the phase. In a phase it either has one writer, and
/// nobody else touches it, or it has any number of readers. The barrier between two phases makes what was
/// written in the first visible in the second. The compiler cannot see this; ThreadSanitizer does.
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

/// The part of `0 ..< count` that is the share of one of `workers`: equal parts, but for one more or less.
func slice(of count: Int, for worker: Int, of workers: Int) -> Range<Int> {
  count * worker / workers..<count * (worker + 1) / workers
}
