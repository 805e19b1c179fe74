import Foundation

/// The most memory that this process has had at once.
func residentKilobytes() -> Int {
  var usage = rusage()
  #if canImport(Darwin)
  getrusage(RUSAGE_SELF, &usage)
  return usage.ru_maxrss / 1024
  #else
  getrusage(0, &usage)  // RUSAGE_SELF, which has several types
  return usage.ru_maxrss
  #endif
}
