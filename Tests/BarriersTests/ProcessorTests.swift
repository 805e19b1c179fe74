import CBarriers
import CFaults
import Foundation
import Testing

@testable import Barriers

#if os(Linux)
/// How many processors the process may use: the minimum of the online processors, its affinity and its quota.
struct ProcessorTests {
  /// The quota in a file system with these control groups, of a process with these memberships.
  private func quota(_ memberships: String, _ files: [String: String]) throws -> Int32 {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (path, text) in files.merging(["memberships": memberships], uniquingKeysWith: { $1 }) {
      let file = folder.appending(path: path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: false, encoding: .utf8)
    }
    return cbarriers_quota(folder.appending(path: "memberships").path, folder.path)
  }

  @Test(arguments: [
    ("max 100000", Int32.max), ("400000 100000", 4), ("250000 100000", 2), ("50000 100000", 1), ("", .max),
  ])
  func aQuotaCountsInWholeProcessors(text: String, processors: Int32) throws {
    #expect(try quota("0::/a/b\n", ["a/b/cpu.max": text]) == processors)
  }

  @Test func theSmallestQuotaOfAllAncestorsCounts() throws {
    #expect(try quota("0::/a/b\n", ["a/b/cpu.max": "800000 100000", "a/cpu.max": "300000 100000"]) == 3)
    #expect(try quota("0::/a/b\n", ["cpu.max": "200000 100000"]) == 2)
  }

  @Test func version1GroupsHaveOneFileForEachNumber() throws {
    let files = ["cpu,cpuacct/a/cpu.cfs_quota_us": "350000\n", "cpu,cpuacct/a/cpu.cfs_period_us": "100000\n"]
    #expect(try quota("7:cpuset:/x\n4:cpu,cpuacct:/a\n0::/\n", files) == 3)
    #expect(try quota("7:cpuset:/x\n4:cpuacct:/a\n", files) == .max)
    #expect(
      try quota("4:cpu:/a\n", ["cpu/a/cpu.cfs_quota_us": "-1\n", "cpu/a/cpu.cfs_period_us": "100000\n"])
        == .max)
  }

  @Test func withoutGroupsThereIsNoQuota() throws {
    #expect(cbarriers_quota("/does/not/exist", "/neither") == .max)
    #expect(try quota("nonsense\n", [:]) == .max)
  }

  @Test func aQuotaLimitsTheProcessorsOfTheAffinity() {
    #expect(cbarriers_usable_processors(1) == 1)
    #expect(cbarriers_usable_processors(.max) == ProcessInfo.processInfo.activeProcessorCount)
    #expect(WaitPolicy.usableProcessors >= 1)
  }

  /// A thread that pins itself creates a barrier for others, which are not pinned.
  @Test func aPinnedThreadDoesNotDecideForTheOthers() throws {
    let others = WaitPolicy.usableProcessors
    let pinned = ThreadParticipant("pinned") {
      #expect(limit_this_thread_to_one_processor())
      return WaitPolicy.usableProcessors
    }
    #expect(try pinned.result.get() == others)
  }
}
#endif
