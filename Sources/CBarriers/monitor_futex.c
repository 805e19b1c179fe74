// The monitor on Linux: a pthread mutex, and for its condition a count of broadcasts, on which threads sleep by futex(2).
//
// Why not pthread's condition:
// - A broadcast of glibc's before version 2.41 waits until all have woken up whom the one before it woke. So a party that is
//   slow to leave one phase would hold up those who complete a later one.
// - When its wait returns, glibc has marked the mutex as one that others wait for, for it cannot know; so to give it up takes
//   another system call. With 16 and 64 threads that all sleep, a phase took 1.11 to 1.18 of what `pthread_barrier_t` takes,
//   and takes 1.07 to 1.10 so.
//
// Why no wake-up is lost: the count changes under the lock only. A sleeper reads it while it has the lock, in which it also
// found that it has to wait. If a broadcaster has the lock after that, then it raises the count, and calls the system later
// still; and the system compares the count and enters the sleeper in one step. So either it finds the count raised, and the
// sleeper returns at once, or the sleeper is entered before the broadcaster's call, which wakes it.
//
// The count comes around after 2^32 broadcasts. A thread would have to stand still between unlocking and sleeping while just
// so many come: not in less than an hour, for each takes a phase in which somebody sleeps.

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "CBarriers.h"

#if CBARRIERS_HAS_FUTEX

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

// Of <linux/futex.h>, which not everybody has who has a C library. Threads of other processes have no part in it.
enum { HERE = 128, FUTEX_WAIT_HERE = 0 | HERE, FUTEX_WAKE_HERE = 1 | HERE };

/// What the system call takes for a time, wherever Swift runs: two words, whatever `time_t` is.
typedef struct {
  long seconds;
  long nanoseconds;
} duration;

int cbarriers_monitor_init(cbarriers_monitor *monitor) {
  monitor->broadcasts = 0;
  monitor->sleepers = 0;
  const int error = pthread_mutex_init(&monitor->mutex, NULL);
  return error == 0 ? 0 : cbarriers_failed("pthread_mutex_init", error);
}

int cbarriers_monitor_destroy(cbarriers_monitor *monitor) {
  const int error = pthread_mutex_destroy(&monitor->mutex);
  return error == 0 ? 0 : cbarriers_failed("pthread_mutex_destroy", error);
}

static uint32_t count_of_broadcasts(const cbarriers_monitor *monitor) { return monitor->broadcasts; }

static void count_a_broadcast(cbarriers_monitor *monitor) {
  // At once, for the system may be looking at it for a thread on its way to sleep.
  __atomic_store_n(&monitor->broadcasts, monitor->broadcasts + 1, __ATOMIC_RELAXED);
}

/// Sleeps without the lock until the count is another one, or for so long, or for no reason.
static int sleep_while(const cbarriers_monitor *monitor, uint32_t broadcasts, const duration *limit) {
  const int earlier = errno;
  const long result = syscall(SYS_futex, &monitor->broadcasts, FUTEX_WAIT_HERE, broadcasts, limit, NULL, 0);
  const int error = result == 0 ? 0 : errno;
  errno = earlier;
  switch (error) {
    case 0:
    case EAGAIN:     // the count is another one already
    case EINTR:      // a signal
    case ETIMEDOUT:  // the time is over
      return 0;
    default:
      return cbarriers_failed("futex (FUTEX_WAIT)", error);
  }
}

static int wake_all(const cbarriers_monitor *monitor) {
  const int earlier = errno;
  const long result = syscall(SYS_futex, &monitor->broadcasts, FUTEX_WAKE_HERE, INT_MAX, NULL, NULL, 0);
  const int error = result >= 0 ? 0 : errno;
  errno = earlier;
  return error == 0 ? 0 : cbarriers_failed("futex (FUTEX_WAKE)", error);
}

static int wait_for(cbarriers_monitor *monitor, const duration *limit) {
  const uint32_t broadcasts = count_of_broadcasts(monitor);
  monitor->sleepers++;
  int error = cbarriers_monitor_unlock(monitor);
  if (error == 0) error = sleep_while(monitor, broadcasts, limit);
  if (error == 0) error = cbarriers_monitor_lock(monitor);
  if (error == 0) monitor->sleepers--;
  return error;
}

int cbarriers_monitor_wait(cbarriers_monitor *monitor) { return wait_for(monitor, NULL); }

/// Sleeps by the monotonic clock, which stands still while the machine is suspended; so after a suspension the
/// sleep may be longer than it was meant.
int cbarriers_monitor_wait_for(cbarriers_monitor *monitor, uint64_t nanoseconds) {
  if (nanoseconds > CBARRIERS_LONGEST_SLEEP) nanoseconds = CBARRIERS_LONGEST_SLEEP;
  const duration limit = {
    .seconds = (long)(nanoseconds / CBARRIERS_SECOND),
    .nanoseconds = (long)(nanoseconds % CBARRIERS_SECOND),
  };
  return wait_for(monitor, &limit);
}

// After unlocking: those woken under the lock would only queue up for it. With 64 sleeping threads on two processors a
// phase took five to six times as long so.
int cbarriers_monitor_unlock_and_broadcast(cbarriers_monitor *monitor) {
  count_a_broadcast(monitor);
  const uint32_t sleepers = monitor->sleepers;
  const int error = cbarriers_monitor_unlock(monitor);
  return error != 0 || sleepers == 0 ? error : wake_all(monitor);
}

#endif
