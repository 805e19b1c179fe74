import Foundation

/// All that one run of the command has found out.
struct Report: Codable {
  let machine: Machine
  let rounds: Int
  var rows: [Row] = []
  var making: [Making] = []
  var goals: [Goal] = []

  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(self).write(to: URL(fileURLWithPath: path))
  }
}

/// Where it was measured.
struct Machine: Codable, CustomStringConvertible {
  let processor: String
  let usableProcessors: Int
  let system: String

  static var current: Machine {
    let information = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
    let model = information?.split(separator: "\n").first { $0.hasPrefix("model name") }
    var names = utsname()
    uname(&names)
    return Machine(
      processor: model?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
        ?? "unknown",
      usableProcessors: compare.usableProcessors,
      system: "\(text(names.sysname)) \(text(names.release)) \(text(names.machine))")
  }

  private static func text<Characters>(_ characters: Characters) -> String {
    withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  var description: String { "\(usableProcessors) usable processors, \(processor), \(system)" }
}
