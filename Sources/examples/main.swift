import Foundation

do {
  try await runExamples(arguments: Array(CommandLine.arguments.dropFirst()))
} catch let error as UsageError {
  complain("\(error)\nTry `swift run examples --help`.")
  exit(2)
} catch {
  complain("\(error)")
  exit(1)
}
