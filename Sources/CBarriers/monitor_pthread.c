// The monitor on pthread's condition: everywhere but on Linux, where monitor_futex.c serves. Platforms differ
// in how a condition is made to use the monotonic clock, in when a broadcast is safe, and in what their
// functions return under load.

#include "CBarriers.h"

#if !CBARRIERS_HAS_FUTEX

#include <errno.h>
#include <time.h>

static int record_failure(const char *call, int error) {
  return error == 0 ? 0 : cbarriers_record_failure(call, error);
}

static int init_condition(pthread_cond_t *condition) {
#if defined(__APPLE__)
  return pthread_cond_init(condition, NULL);  // its timed wait is relative, see below
#else
  pthread_condattr_t attributes;
  int error = pthread_condattr_init(&attributes);
  if (error != 0) return error;
  error = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  if (error == 0) error = pthread_cond_init(condition, &attributes);
  (void)pthread_condattr_destroy(&attributes);
  return error;
#endif
}

int cbarriers_monitor_init(cbarriers_monitor *monitor) {
  int error = record_failure("pthread_mutex_init", pthread_mutex_init(&monitor->mutex, NULL));
  if (error != 0) return error;
  error = record_failure("pthread_cond_init", init_condition(&monitor->condition));
  if (error != 0) (void)pthread_mutex_destroy(&monitor->mutex);
  return error;
}

int cbarriers_monitor_destroy(cbarriers_monitor *monitor) {
  int error = record_failure("pthread_cond_destroy", pthread_cond_destroy(&monitor->condition));
  return error != 0 ? error : record_failure("pthread_mutex_destroy", pthread_mutex_destroy(&monitor->mutex));
}

// Under load, Darwin's functions fail although the call was correct: a wait with EINVAL and `errno` EBUSY, or
// with EAGAIN. These are spurious wake-ups.

static void clear_errno(void) {
#if defined(__APPLE__)
  errno = 0;
#endif
}

static int ignore_spurious(int error) {
#if defined(__APPLE__)
  if (error == EAGAIN || (error == EINVAL && errno == EBUSY)) return 0;
#endif
  return error;
}

int cbarriers_monitor_wait(cbarriers_monitor *monitor) {
  clear_errno();
  const int error = ignore_spurious(pthread_cond_wait(&monitor->condition, &monitor->mutex));
  return record_failure("pthread_cond_wait", error);
}

int cbarriers_monitor_wait_for(cbarriers_monitor *monitor, uint64_t nanoseconds) {
  if (nanoseconds > CBARRIERS_LONGEST_SLEEP) nanoseconds = CBARRIERS_LONGEST_SLEEP;
  struct timespec timeout = {
    .tv_sec = (time_t)(nanoseconds / CBARRIERS_SECOND),
    .tv_nsec = (long)(nanoseconds % CBARRIERS_SECOND),
  };
  clear_errno();
#if defined(__APPLE__)
  int error = pthread_cond_timedwait_relative_np(&monitor->condition, &monitor->mutex, &timeout);
#else
  struct timespec deadline;
  if (clock_gettime(CLOCK_MONOTONIC, &deadline) != 0) return record_failure("clock_gettime", errno);
  deadline.tv_sec += timeout.tv_sec;
  deadline.tv_nsec += timeout.tv_nsec;
  if (deadline.tv_nsec >= (long)CBARRIERS_SECOND) {
    deadline.tv_sec++;
    deadline.tv_nsec -= (long)CBARRIERS_SECOND;
  }
  int error = pthread_cond_timedwait(&monitor->condition, &monitor->mutex, &deadline);
#endif
  return error == ETIMEDOUT ? 0 : record_failure("pthread_cond_timedwait", ignore_spurious(error));
}

#if defined(__APPLE__)

// Under the lock: when a broadcast follows just after unlocking, Darwin can miss a thread that is about to
// sleep (dotnet/runtime, pull request 82709).
int cbarriers_monitor_unlock_and_broadcast(cbarriers_monitor *monitor) {
  int error = pthread_cond_broadcast(&monitor->condition);
  while (error == EAGAIN) error = pthread_cond_broadcast(&monitor->condition);  // under load
  int unlock_error = cbarriers_monitor_unlock(monitor);
  return error != 0 ? record_failure("pthread_cond_broadcast", error) : unlock_error;
}

#else

// After unlocking: threads woken under the lock would only queue for it.
int cbarriers_monitor_unlock_and_broadcast(cbarriers_monitor *monitor) {
  int error = cbarriers_monitor_unlock(monitor);
  if (error != 0) return error;
  return record_failure("pthread_cond_broadcast", pthread_cond_broadcast(&monitor->condition));
}

#endif

#endif
