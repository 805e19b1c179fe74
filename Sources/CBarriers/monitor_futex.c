// The monitor on Linux: a pthread mutex, and as its condition a count of broadcasts on which threads sleep by
// futex(2).
//
// Why not pthread's condition:
// - A broadcast of glibc before version 2.41 waits until the threads that the previous one woke have all
//   left. So a party that is slow to leave one phase would delay the completion of a later one.
// - When its wait returns, glibc has marked the mutex as contended, because it cannot know. So releasing it
//   takes another system call. With 16 and 64 threads that all sleep, a phase took 1.11 to 1.18 of the time
//   of `pthread_barrier_t`; with the futex it takes 1.07 to 1.10.

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "CBarriers.h"

#if CBARRIERS_HAS_FUTEX

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

// From <linux/futex.h>, which not every system with a C library has. Private: only threads of this process
// sleep.
enum {
  FUTEX_WAIT = 0,
  FUTEX_WAKE = 1,
  FUTEX_PRIVATE_FLAG = 128,
  FUTEX_WAIT_PRIVATE = FUTEX_WAIT | FUTEX_PRIVATE_FLAG,
  FUTEX_WAKE_PRIVATE = FUTEX_WAKE | FUTEX_PRIVATE_FLAG,
};

/// What the system call takes as a time wherever Swift runs: two words, whatever `time_t` is.
typedef struct {
  long seconds;
  long nanoseconds;
} kernel_timespec;

int cbarriers_monitor_init(cbarriers_monitor *monitor) {
  monitor->broadcasts = 0;
  monitor->sleepers = 0;
  const int error = pthread_mutex_init(&monitor->mutex, NULL);
  return error == 0 ? 0 : cbarriers_record_failure("pthread_mutex_init", error);
}

int cbarriers_monitor_destroy(cbarriers_monitor *monitor) {
  const int error = pthread_mutex_destroy(&monitor->mutex);
  return error == 0 ? 0 : cbarriers_record_failure("pthread_mutex_destroy", error);
}

/// Sleeps without the lock until the count of broadcasts differs from `broadcasts`, or until the timeout, or
/// spuriously. Leaves `errno` as it is.
static int futex_wait(const cbarriers_monitor *monitor, uint32_t broadcasts, const kernel_timespec *timeout) {
  const int saved_errno = errno;
  const long result =
    syscall(SYS_futex, &monitor->broadcasts, FUTEX_WAIT_PRIVATE, broadcasts, timeout, NULL, 0);
  const int error = result == 0 ? 0 : errno;
  errno = saved_errno;
  switch (error) {
    case 0:
    case EAGAIN:     // the count differs already
    case EINTR:      // a signal
    case ETIMEDOUT:
      return 0;
    default:
      return cbarriers_record_failure("futex (FUTEX_WAIT)", error);
  }
}

static int futex_wake_all(const cbarriers_monitor *monitor) {
  const int saved_errno = errno;
  const long result = syscall(SYS_futex, &monitor->broadcasts, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
  const int error = result >= 0 ? 0 : errno;
  errno = saved_errno;
  return error == 0 ? 0 : cbarriers_record_failure("futex (FUTEX_WAKE)", error);
}

static int wait_with_timeout(cbarriers_monitor *monitor, const kernel_timespec *timeout) {
  // Why no wake-up is lost: the count changes only under the lock. This thread reads it in the same hold of
  // the lock in which it found that it must wait. A broadcaster that has the lock later advances the count,
  // and calls the kernel later still. The kernel compares the count and enqueues this thread in one step. So
  // either it finds the count advanced, and this thread returns at once, or this thread is enqueued before
  // the broadcaster's call, which wakes it.
  //
  // The count wraps around after 2^32 broadcasts. This thread would have to stall between releasing the lock
  // and sleeping during exactly that many. That takes more than an hour, because each needs a phase with a
  // sleeper.
  const uint32_t broadcasts = monitor->broadcasts;
  monitor->sleepers++;
  int error = cbarriers_monitor_unlock(monitor);
  if (error == 0) error = futex_wait(monitor, broadcasts, timeout);
  if (error == 0) error = cbarriers_monitor_lock(monitor);
  if (error == 0) monitor->sleepers--;
  return error;
}

int cbarriers_monitor_wait(cbarriers_monitor *monitor) { return wait_with_timeout(monitor, NULL); }

int cbarriers_monitor_wait_for(cbarriers_monitor *monitor, uint64_t nanoseconds) {
  if (nanoseconds > CBARRIERS_LONGEST_SLEEP) nanoseconds = CBARRIERS_LONGEST_SLEEP;
  const kernel_timespec timeout = {
    .seconds = (long)(nanoseconds / CBARRIERS_SECOND),
    .nanoseconds = (long)(nanoseconds % CBARRIERS_SECOND),
  };
  return wait_with_timeout(monitor, &timeout);
}

int cbarriers_monitor_unlock_and_broadcast(cbarriers_monitor *monitor) {
  // A single store, because the kernel may read the count for a thread that is about to sleep.
  __atomic_store_n(&monitor->broadcasts, monitor->broadcasts + 1, __ATOMIC_RELAXED);
  const uint32_t sleepers = monitor->sleepers;
  // Wakes after unlocking: threads woken under the lock would only queue for it. With 64 sleeping threads on
  // two processors, a phase took five to six times as long that way.
  const int error = cbarriers_monitor_unlock(monitor);
  return error != 0 || sleepers == 0 ? error : futex_wake_all(monitor);
}

#endif
