import ArgumentParser
import Foundation
import Subprocess

/// A language whose barriers run the back-to-back loop in processes of their own.
enum Language: String, CaseIterable, ExpressibleByArgument {
  case rust, java, python, openmp

  /// The programs of this language, compiled into `folder`; empty if its tools are not installed.
  func implementations(in folder: URL) async throws -> [Implementation] {
    switch self {
    case .rust:
      let program = folder.appending(path: "rust_barrier").path
      guard await succeeds("rustc", ["-O", "-o", program, source("rust_barrier.rs")]) else { return [] }
      return [.program("Rust std::sync::Barrier", .peer, [program], maxParties: 256)]
    case .java:
      guard await succeeds("javac", ["-d", folder.path, source("JavaBarriers.java")]) else { return [] }
      return ["CyclicBarrier", "Phaser"].map { kind in
        .program("Java \(kind)", .peer, ["java", "-cp", folder.path, "JavaBarriers", kind], maxParties: 256)
      }
    case .python:
      guard await succeeds("python3", ["--version"]) else { return [] }
      return [
        .program(
          "Python threading.Barrier", .peer, ["python3", source("threading_barrier.py")], maxParties: 64),
        .program(
          "Python asyncio.Barrier", .alternative, ["python3", source("asyncio_barrier.py")],
          maxParties: .max),
      ]
    case .openmp:
      let program = folder.appending(path: "openmp_barrier").path
      let arguments = ["-O2", "-fopenmp", "-o", program, source("openmp_barrier.c")]
      guard await succeeds("cc", arguments) else { return [] }
      return [.program("libgomp barrier", .peer, [program], maxParties: 256)]
    }
  }

  private func source(_ file: String) -> String {
    Bundle.module.url(forResource: "Foreign/\(file)", withExtension: nil)!.path
  }

  /// Runs a tool. Returns `false` if it is not installed, or fails.
  private func succeeds(_ tool: String, _ arguments: [String]) async -> Bool {
    let result = try? await Subprocess.run(
      .name(tool), arguments: Arguments(arguments), output: .discarded, error: .discarded)
    return result?.terminationStatus.isSuccess ?? false
  }
}

extension Implementation {
  /// A program that takes the number of parties and of milliseconds as its last arguments. It prints the
  /// nanoseconds per phase, then the CPU nanoseconds per phase, if it can tell.
  fileprivate static func program(
    _ name: String, _ kind: Kind, _ command: [String], maxParties: Int
  ) -> Implementation {
    let run: @Sendable (Int, Int) async throws -> Cost = { parties, milliseconds in
      let result = try await Subprocess.run(
        command[0].hasPrefix("/") ? .path(.init(command[0])) : .name(command[0]),
        arguments: Arguments(command.dropFirst() + ["\(parties)", "\(milliseconds)"]),
        output: .string(limit: 4096), error: .string(limit: 65_536))
      let numbers = result.standardOutput.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
      guard result.terminationStatus.isSuccess, let wall = numbers.first else {
        throw ProgramFailure(description: "\(name) failed with \(parties) parties: \(result.standardError)")
      }
      return Cost(wall: wall, cpu: numbers.dropFirst().first)
    }
    return Implementation(name, kind, maxParties: maxParties, .externalProgram(run))
  }
}

struct ProgramFailure: Error, CustomStringConvertible {
  let description: String
}
