// The monitor where pthread's condition serves: everywhere but on Linux, which has monitor_futex.c. The platforms differ
// in how a condition is made to count on the monotonic clock, in when a broadcast is safe, and in what they return under
// load.

#include "CBarriers.h"

#if !CBARRIERS_HAS_FUTEX

#include <errno.h>
#include <time.h>

static int named(const char *call, int error) { return error == 0 ? 0 : cbarriers_failed(call, error); }

static int init_condition(pthread_cond_t *condition) {
#if defined(__APPLE__)
  return pthread_cond_init(condition, NULL);  // timed by a relative wait, below
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
  int error = named("pthread_mutex_init", pthread_mutex_init(&monitor->mutex, NULL));
  if (error != 0) return error;
  error = named("pthread_cond_init", init_condition(&monitor->condition));
  if (error != 0) (void)pthread_mutex_destroy(&monitor->mutex);
  return error;
}

int cbarriers_monitor_destroy(cbarriers_monitor *monitor) {
  int error = named("pthread_cond_destroy", pthread_cond_destroy(&monitor->condition));
  return error != 0 ? error : named("pthread_mutex_destroy", pthread_mutex_destroy(&monitor->mutex));
}

// Darwin under load returns errors from calls that were sound: from a wait EINVAL with `errno` EBUSY, and EAGAIN. These
// are spurious wake-ups by another name.

static void forget_earlier_errors(void) {
#if defined(__APPLE__)
  errno = 0;
#endif
}

static int spurious_or(int error) {
#if defined(__APPLE__)
  if (error == EAGAIN || (error == EINVAL && errno == EBUSY)) return 0;
#endif
  return error;
}

int cbarriers_monitor_wait(cbarriers_monitor *monitor) {
  forget_earlier_errors();
  return named("pthread_cond_wait", spurious_or(pthread_cond_wait(&monitor->condition, &monitor->mutex)));
}

/// Sleeps by the monotonic clock, which stands still while the machine is suspended; so after a suspension the
/// sleep may be longer than it was meant.
int cbarriers_monitor_wait_for(cbarriers_monitor *monitor, uint64_t nanoseconds) {
  if (nanoseconds > CBARRIERS_LONGEST_SLEEP) nanoseconds = CBARRIERS_LONGEST_SLEEP;
  struct timespec duration = {
    .tv_sec = (time_t)(nanoseconds / CBARRIERS_SECOND),
    .tv_nsec = (long)(nanoseconds % CBARRIERS_SECOND),
  };
  forget_earlier_errors();
#if defined(__APPLE__)
  int error = pthread_cond_timedwait_relative_np(&monitor->condition, &monitor->mutex, &duration);
#else
  struct timespec deadline;
  if (clock_gettime(CLOCK_MONOTONIC, &deadline) != 0) return named("clock_gettime", errno);
  deadline.tv_sec += duration.tv_sec;
  deadline.tv_nsec += duration.tv_nsec;
  if (deadline.tv_nsec >= (long)CBARRIERS_SECOND) {
    deadline.tv_sec++;
    deadline.tv_nsec -= (long)CBARRIERS_SECOND;
  }
  int error = pthread_cond_timedwait(&monitor->condition, &monitor->mutex, &deadline);
#endif
  return error == ETIMEDOUT ? 0 : named("pthread_cond_timedwait", spurious_or(error));
}

#if defined(__APPLE__)

// Under the lock: where a broadcast comes just after unlocking, Darwin has been seen to miss a thread that is on its
// way to sleep (dotnet/runtime, pull request 82709).
int cbarriers_monitor_unlock_and_broadcast(cbarriers_monitor *monitor) {
  int error = pthread_cond_broadcast(&monitor->condition);
  while (error == EAGAIN) error = pthread_cond_broadcast(&monitor->condition);  // under load
  int unlock_error = cbarriers_monitor_unlock(monitor);
  return error != 0 ? named("pthread_cond_broadcast", error) : unlock_error;
}

#else

// After unlocking: those woken under the lock would only queue up for it.
int cbarriers_monitor_unlock_and_broadcast(cbarriers_monitor *monitor) {
  int error = cbarriers_monitor_unlock(monitor);
  return error != 0 ? error : named("pthread_cond_broadcast", pthread_cond_broadcast(&monitor->condition));
}

#endif

#endif
