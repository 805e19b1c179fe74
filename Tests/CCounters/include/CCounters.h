// Counts what the code under test costs, by interposing on functions of the C library.
//
// This works with glibc only, and not under a sanitizer, which interposes on them itself. Elsewhere
// `counters_work()` is false.

#ifndef CCOUNTERS_H
#define CCOUNTERS_H

#include <stdbool.h>

typedef struct {
  long allocations;
  long bytes;  // the sum of all allocations
  long locks;
  long sleeps;      // system calls that sleep
  long broadcasts;  // system calls that wake
} counters;

bool counters_work(void);

/// Returns what this thread has done so far.
counters counters_of_this_thread(void);

#endif
