import Foundation

/// The peak resident memory of this process.
func residentKilobytes() -> Int {
  var usage = rusage()
  #if canImport(Darwin)
  getrusage(RUSAGE_SELF, &usage)
  return usage.ru_maxrss / 1024
  #else
  getrusage(0, &usage)  // RUSAGE_SELF, whose type differs between C libraries
  return usage.ru_maxrss
  #endif
}

/// Whether freed memory can be reused at once. AddressSanitizer quarantines it, so the process grows there.
let isFreedMemoryReused = dlsym(dlopen(nil, RTLD_NOW), "__asan_init") == nil
