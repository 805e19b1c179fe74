// The two clocks.

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "CBarriers.h"

#include <time.h>

static uint64_t read_clock(clockid_t clock) {
  struct timespec now;
  (void)clock_gettime(clock, &now);  // cannot fail: the system has the clock
  return (uint64_t)now.tv_sec * CBARRIERS_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t cbarriers_nanoseconds(void) {
#if defined(__linux__)
  return read_clock(CLOCK_BOOTTIME);
#elif defined(__APPLE__)
  return read_clock(CLOCK_MONOTONIC_RAW);
#else
  return read_clock(CLOCK_MONOTONIC);
#endif
}

uint64_t cbarriers_coarse_nanoseconds(void) {
#if defined(__linux__)
  return read_clock(CLOCK_MONOTONIC_COARSE);
#elif defined(__APPLE__)
  return read_clock(CLOCK_MONOTONIC_RAW_APPROX);
#else
  return read_clock(CLOCK_MONOTONIC);
#endif
}
