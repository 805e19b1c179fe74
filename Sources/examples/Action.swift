import Barriers
import Foundation

/// The last arrival writes a checkpoint.
///
/// For work that must happen once per phase, after all have arrived and before any proceeds: write a
/// checkpoint, swap buffers, decide whether to stop. All workers wait while the action runs, so it needs no
/// lock to read what they have written. If it throws, for example because the disk is full, all of them get
/// the error.
///
/// A computation stops between two checkpoints. A second run resumes from the last checkpoint, and must
/// compute the same values as a run without a stop.
func actionExample() throws {
  let file = FileManager.default.temporaryDirectory
    .appendingPathComponent("barriers-checkpoint-\(UUID().uuidString).json")
  defer { try? FileManager.default.removeItem(at: file) }
  let begin = Checkpoint(step: 0, values: [0.1, 0.2, 0.3, 0.4])

  try simulate(from: begin, steps: 13, checkpoint: file)
  let saved = try JSONDecoder().decode(Checkpoint.self, from: Data(contentsOf: file))
  say("  stopped after step 13; the file holds step \(saved.step), \(saved.values.count) values")
  try check(saved.step == 10, "the last checkpoint is from step 10")

  let resumed = try simulate(from: saved, steps: 10, checkpoint: file)
  try FileManager.default.removeItem(at: file)

  let unbroken = begin.values.map { value in (0..<20).reduce(value) { value, _ in advance(value) } }
  try check(resumed == unbroken, "the values are \(unbroken) after 20 steps, not \(resumed)")
  say("  resumed from there; after step 20 all values equal those of a run without a stop")
}

private struct Checkpoint: Codable {
  let step: UInt64
  let values: [Double]
}

/// Advances all values, one per worker, and writes a checkpoint after every fifth step.
@discardableResult
private func simulate(from start: Checkpoint, steps: Int, checkpoint file: URL) throws -> [Double] {
  let values = SharedBuffer(start.values)
  let barrier = ThreadBarrier(parties: values.count, label: "step", timeout: .seconds(10)) { phase in
    let step = start.step + phase + 1
    guard step.isMultiple(of: 5) else { return }
    let checkpoint = Checkpoint(step: step, values: values.contents)
    try JSONEncoder().encode(checkpoint).write(to: file, options: .atomic)
    say("  step \(step): checkpoint written")
  }
  let workers = startThreads(values.count, named: "worker") { worker in
    try barrier.abortOnError {
      for _ in 0..<steps {
        values[worker] = advance(values[worker])
        try barrier.wait()
      }
    }
  }
  try workers.join()
  return values.contents
}

/// The logistic map: a small difference at the start, or a lost step, soon becomes a large one.
private func advance(_ value: Double) -> Double {
  3.9 * value * (1 - value)
}
