// The monitor on Linux: a pthread mutex, and for its condition a number that counts broadcasts, on which threads sleep by
// futex(2).
//
// Why not pthread's condition:
// - A broadcast of glibc's before version 2.41 waits until all have woken up whom the one before it woke. So a party that is
//   slow to leave one phase would hold up those who complete a later one.
// - When its wait returns, glibc and musl have marked the mutex as one that others wait for, for they cannot know; so to give
//   it up takes another system call. With 16 and more threads that all sleep, that made a phase 1.1 to 1.25 times as long as
//   with `pthread_barrier_t`. Here it takes as long.
//
// Why no wake-up is lost: both numbers change under the lock only. A sleeper reads the count while it has the lock, in which
// it also found that it has to wait. If a broadcaster has the lock after that, then it raises the count, and calls the system
// later still; and the system compares the count and enters the sleeper in one step. So either it finds the count raised,
// and the sleeper returns at once, or the sleeper is entered before the broadcaster's call, which wakes it.
//
// The count comes around after 2³² broadcasts. A thread would have to stand still between unlocking and sleeping, while so
// many come, in more than an hour, of which none would tell it that its wait is over.

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "CBarriers.h"

#if CBARRIERS_HAS_FUTEX

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

// Of <linux/futex.h>, which not everybody has who has a C library. Threads of other processes have no part in it.
enum { FUTEX_OF_THIS_PROCESS = 128, FUTEX_WAIT_HERE = 0 | FUTEX_OF_THIS_PROCESS, FUTEX_WAKE_HERE = 1 | FUTEX_OF_THIS_PROCESS };

/// What the system call takes for a time: two words, whatever `time_t` is.
typedef struct {
  long seconds;
  long nanoseconds;
} duration;

int cbarriers_monitor_init(cbarriers_monitor *monitor) {
  monitor->broadcasts = 0;
  monitor->sleepers = 0;
  return pthread_mutex_init(&monitor->mutex, NULL);
}

int cbarriers_monitor_destroy(cbarriers_monitor *monitor) { return pthread_mutex_destroy(&monitor->mutex); }

static int sleep_for(cbarriers_monitor *monitor, const duration *limit) {
  const uint32_t broadcasts = monitor->broadcasts;
  monitor->sleepers++;
  int error = cbarriers_monitor_unlock(monitor);
  if (error != 0) return error;
  int sleep_error = 0;
  if (syscall(SYS_futex, &monitor->broadcasts, FUTEX_WAIT_HERE, broadcasts, limit, NULL, 0) != 0) sleep_error = errno;
  error = cbarriers_monitor_lock(monitor);
  if (error != 0) return error;
  monitor->sleepers--;
  switch (sleep_error) {
    case EAGAIN:     // it was broadcast before the thread was asleep
    case EINTR:      // a signal
    case ETIMEDOUT:  // the time is over
      return 0;
    default:
      return sleep_error;
  }
}

int cbarriers_monitor_wait(cbarriers_monitor *monitor) { return sleep_for(monitor, NULL); }

/// Sleeps by the monotonic clock, which stands still while the machine is suspended; so after a suspension the
/// sleep may be longer than it was meant.
int cbarriers_monitor_wait_for(cbarriers_monitor *monitor, uint64_t nanoseconds) {
  if (nanoseconds > CBARRIERS_LONGEST_SLEEP) nanoseconds = CBARRIERS_LONGEST_SLEEP;
  const duration limit = {
    .seconds = (long)(nanoseconds / CBARRIERS_SECOND),
    .nanoseconds = (long)(nanoseconds % CBARRIERS_SECOND),
  };
  return sleep_for(monitor, &limit);
}

// After unlocking: those woken under the lock would only queue up for it. With 64 sleeping threads on two processors a
// phase took five to six times as long so.
int cbarriers_monitor_unlock_and_broadcast(cbarriers_monitor *monitor) {
  // At once, for the system may be reading it for a thread on its way to sleep.
  __atomic_store_n(&monitor->broadcasts, monitor->broadcasts + 1, __ATOMIC_RELAXED);
  const uint32_t sleepers = monitor->sleepers;
  int error = cbarriers_monitor_unlock(monitor);
  if (error != 0 || sleepers == 0) return error;
  return syscall(SYS_futex, &monitor->broadcasts, FUTEX_WAKE_HERE, INT_MAX, NULL, NULL, 0) < 0 ? errno : 0;
}

#endif
