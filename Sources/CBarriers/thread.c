// What a thread may ask about itself and about the machine that it runs on.

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "CBarriers.h"

#include <time.h>
#include <unistd.h>

static _Thread_local void *thread_word;

void *cbarriers_thread_word(void) { return thread_word; }

void cbarriers_set_thread_word(void *word) { thread_word = word; }

uint64_t cbarriers_nanoseconds(void) {
#if defined(__linux__)
  const clockid_t continuous = CLOCK_BOOTTIME;
#elif defined(__APPLE__)
  const clockid_t continuous = CLOCK_MONOTONIC_RAW;
#else
  const clockid_t continuous = CLOCK_MONOTONIC;
#endif
  struct timespec now;
  (void)clock_gettime(continuous, &now);  // cannot fail: the clock is always there
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int cbarriers_usable_processors(void) {
#if defined(__linux__)
  cpu_set_t affinity;
  if (sched_getaffinity(0, sizeof affinity, &affinity) == 0) {
    int count = CPU_COUNT(&affinity);
    if (count > 0) return count;
  }
#endif
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}
