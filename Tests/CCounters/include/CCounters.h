// Counts what the code under test costs, by standing in the way of the C library's functions.
//
// For glibc only, and not under a sanitizer, which stands there itself: elsewhere `counters_work()` is false.

#ifndef CCOUNTERS_H
#define CCOUNTERS_H

#include <stdbool.h>

typedef struct {
  long allocations;
  long bytes;  // allocated in all
  long locks;
  long sleeps;      // calls of the system to sleep
  long broadcasts;  // calls of the system to wake
} counters;

bool counters_work(void);

/// What this thread has done so far.
counters counters_of_this_thread(void);

#endif
