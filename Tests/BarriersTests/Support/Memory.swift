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

/// Whether what is freed may be used again at once. AddressSanitizer keeps it for a while, so that memory grows there.
let isFreedMemoryReused = dlsym(dlopen(nil, RTLD_NOW), "__asan_init") == nil
