import ArgumentParser
import Foundation
import Subprocess

/// Barriers of other languages, which run the same loop in processes of their own.
enum Language: String, CaseIterable, ExpressibleByArgument {
  case rust, java, python, openmp

  /// The programs of this language; none if its tools are not installed.
  func contenders(in folder: URL) async throws -> [Contender] {
    switch self {
    case .rust:
      let program = folder.appending(path: "rust_barrier").path
      guard try await build("rustc", ["-O", "-o", program, source("rust_barrier.rs")]) else { return [] }
      return [.program("Rust std::sync::Barrier", .peer, [program], maxParties: 256)]
    case .java:
      guard try await build("javac", ["-d", folder.path, source("JavaBarriers.java")]) else { return [] }
      return ["CyclicBarrier", "Phaser"].map { kind in
        .program("Java \(kind)", .peer, ["java", "-cp", folder.path, "JavaBarriers", kind], maxParties: 256)
      }
    case .python:
      guard try await build("python3", ["--version"]) else { return [] }
      return [
        .program(
          "Python threading.Barrier", .peer, ["python3", source("threading_barrier.py")], maxParties: 64),
        .program(
          "Python asyncio.Barrier", .other, ["python3", source("asyncio_barrier.py")], maxParties: .max),
      ]
    case .openmp:
      let program = folder.appending(path: "openmp_barrier").path
      let arguments = ["-O2", "-fopenmp", "-o", program, source("openmp_barrier.c")]
      guard try await build("cc", arguments) else { return [] }
      return [.program("libgomp barrier", .peer, [program], maxParties: 256)]
    }
  }

  private func source(_ file: String) -> String {
    Bundle.module.url(forResource: "Foreign/\(file)", withExtension: nil)!.path
  }

  /// Runs a compiler; answers `false` if it is not there, or refuses.
  private func build(_ tool: String, _ arguments: [String]) async throws -> Bool {
    let result = try? await Subprocess.run(
      .name(tool), arguments: Arguments(arguments), output: .discarded, error: .discarded)
    return result?.terminationStatus.isSuccess ?? false
  }
}

extension Contender {
  /// A program that is given the parties and the milliseconds, and prints the nanoseconds a phase and, if it knows them,
  /// those of the processor.
  fileprivate static func program(_ name: String, _ kind: Kind, _ command: [String], maxParties: Int)
    -> Contender
  {
    let run: @Sendable (Int, Int) async throws -> Cost = { parties, milliseconds in
      let result = try await Subprocess.run(
        command[0].hasPrefix("/") ? .path(.init(command[0])) : .name(command[0]),
        arguments: Arguments(command.dropFirst() + ["\(parties)", "\(milliseconds)"]),
        output: .string(limit: 4096), error: .string(limit: 65_536))
      let numbers = result.standardOutput.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
      guard result.terminationStatus.isSuccess, let wall = numbers.first else {
        throw ProgramFailure(
          description: "\(name) came to no result with \(parties) parties: \(result.standardError)")
      }
      return Cost(wall: wall, cpu: numbers.dropFirst().first)
    }
    return Contender(name, kind, maxParties: maxParties, .program(run))
  }
}

struct ProgramFailure: Error, CustomStringConvertible {
  let description: String
}
