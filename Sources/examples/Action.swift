import Barriers
import Foundation

/// A checkpoint by the last to arrive.
///
/// For work that has to be done once a phase, when all have arrived and none has gone on: write a checkpoint,
/// swap buffers, decide whether to stop. All workers stand still while the action runs, so it needs no lock
/// to read what they have written. If it throws, because the disk is full perhaps, all of them learn of it.
///
/// A computation is stopped between two checkpoints; a second run goes on from the file of the last one, and
/// has to come to the same end as a computation that was never stopped.
func actionExample() throws {
  let file = FileManager.default.temporaryDirectory
    .appendingPathComponent("barriers-checkpoint-\(UUID().uuidString).json")
  defer { try? FileManager.default.removeItem(at: file) }
  let begin = Checkpoint(step: 0, values: [0.1, 0.2, 0.3, 0.4])

  try simulate(from: begin, steps: 13, checkpoint: file)
  let saved = try JSONDecoder().decode(Checkpoint.self, from: Data(contentsOf: file))
  say("  stopped after step 13; the file says: step \(saved.step), \(saved.values.count) values")
  try check(saved.step == 10, "the last checkpoint is that of step 10")

  let resumed = try simulate(from: saved, steps: 10, checkpoint: file)
  try FileManager.default.removeItem(at: file)

  let unbroken = begin.values.map { value in (0..<20).reduce(value) { value, _ in advance(value) } }
  try check(resumed == unbroken, "the values are \(unbroken) after 20 steps, not \(resumed)")
  say("  resumed from there; after step 20 all values are those of a run that was never stopped")
}

private struct Checkpoint: Codable {
  let step: UInt64
  let values: [Double]
}

/// Advances all values, one a worker, and writes a checkpoint after every fifth step.
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

/// The logistic map: a small difference at the start, or a lost step, is a large one soon.
private func advance(_ value: Double) -> Double {
  3.9 * value * (1 - value)
}
