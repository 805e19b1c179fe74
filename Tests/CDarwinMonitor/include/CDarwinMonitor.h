// The monitor as it is compiled on Darwin, on any platform, over system calls that answer what a test wants.
//
// It is the library's own source, with the functions of Darwin replaced by the ones here.

#ifndef CDARWIN_MONITOR_H
#define CDARWIN_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

/// What a system call answers.
typedef struct {
  int error;         // its result
  int error_number;  // what it leaves in `errno`; where 0, it leaves that alone
  long times;        // so often; then it succeeds
} darwin_answer;

/// What was called meanwhile.
typedef struct {
  long waits;
  long broadcasts;
  long broadcasts_without_lock;
  uint64_t nanoseconds;  // of the last wait that had a time
  bool is_locked;        // in the end
} darwin_calls;

/// The three functions of the monitor that differ on Darwin, under a lock that they find and leave as their contracts
/// say. `earlier` is in `errno` before. They return what the monitor returns.
int darwin_monitor_waits(darwin_answer, int earlier, darwin_calls *);
int darwin_monitor_waits_for(uint64_t nanoseconds, darwin_answer, int earlier, darwin_calls *);
int darwin_monitor_unlocks_and_broadcasts(darwin_answer, int earlier, darwin_calls *);

#endif
