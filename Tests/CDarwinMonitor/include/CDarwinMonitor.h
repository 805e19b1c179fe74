// The monitor for Darwin, compiled on any platform, over system functions that return what a test wants.
//
// It is the library's own source, with Darwin's functions replaced by those here.

#ifndef CDARWIN_MONITOR_H
#define CDARWIN_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

/// The result of a system function.
typedef struct {
  int error;         // the returned error
  int error_number;  // the new value of `errno`; if 0, it keeps the old one
  long times;        // how often it fails before it succeeds
} darwin_answer;

/// What the call of the monitor did.
typedef struct {
  long waits;
  long broadcasts;
  long broadcasts_without_lock;
  uint64_t nanoseconds;  // of the last timed wait
  bool is_locked;        // at the end
} darwin_calls;

/// Call the three functions of the monitor that differ on Darwin, with the lock held. `earlier` is the value
/// of `errno` before the call. They return what the monitor returns.
int darwin_monitor_waits(darwin_answer, int earlier, darwin_calls *);
int darwin_monitor_waits_for(uint64_t nanoseconds, darwin_answer, int earlier, darwin_calls *);
int darwin_monitor_unlocks_and_broadcasts(darwin_answer, int earlier, darwin_calls *);

#endif
