import Subprocess

/// Runs `body` beside so many processes that each keep a processor busy.
///
/// They look now and then whether this process is still there, and end if not.
func besideBusyProcesses<Result: Sendable>(_ count: Int, _ body: () async throws -> Result) async throws
  -> Result
{
  guard count > 0 else { return try await body() }
  let loop = """
    while kill -0 $PPID; do
      i=0
      while [ $i -lt 100000 ]; do i=$((i+1)); done
    done
    """
  return try await run(
    .name("sh"), arguments: ["-c", loop], input: .none, output: .discarded, error: .discarded
  ) { process in
    // Its other signals may have been blocked when it was born.
    defer { try? process.send(signal: .kill) }
    return try await besideBusyProcesses(count - 1, body)
  }.closureResult
}
