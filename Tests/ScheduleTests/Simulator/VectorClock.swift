/// For each thread, how many of its steps happen before the owner's next one. (F. Mattern, 1988; C. Fidge,
/// 1988.)
struct VectorClock: Equatable {
  static let maxThreads = 16

  private var steps = SIMD16<UInt32>()

  subscript(thread: Int) -> UInt32 {
    get { steps[thread] }
    set { steps[thread] = newValue }
  }

  mutating func join(_ other: VectorClock) {
    steps = pointwiseMax(steps, other.steps)
  }
}
