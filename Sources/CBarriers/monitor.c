// The mutex and the condition of a monitor. The platforms differ in how a condition is made to count on the monotonic
// clock, in when a broadcast is safe, and in what they return under load.

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "CBarriers.h"

#include <errno.h>
#include <time.h>

static const uint64_t nanoseconds_per_second = 1000000000;
static const uint64_t longest_wait = 86400000000000;  // a day: far from any overflow

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
  int error = pthread_mutex_init(&monitor->mutex, NULL);
  if (error != 0) return error;
  error = init_condition(&monitor->condition);
  if (error != 0) (void)pthread_mutex_destroy(&monitor->mutex);
  return error;
}

int cbarriers_monitor_destroy(cbarriers_monitor *monitor) {
  int condition_error = pthread_cond_destroy(&monitor->condition);
  int mutex_error = pthread_mutex_destroy(&monitor->mutex);
  return condition_error != 0 ? condition_error : mutex_error;
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

// A sleeper pays for the mutex that it has to lock again: glibc cannot know whether others wait for a mutex that was
// locked so, and makes a system call when it is unlocked. So with 16 or 64 threads that all sleep, a phase takes 1.09 to
// 1.13 of the time of `pthread_barrier_t`, which needs no mutex. The kinds of mutex do not differ in this.
int cbarriers_monitor_wait(cbarriers_monitor *monitor) {
  forget_earlier_errors();
  return spurious_or(pthread_cond_wait(&monitor->condition, &monitor->mutex));
}

/// Sleeps by the monotonic clock, which stands still while the machine is suspended; so after a suspension the
/// sleep may be longer than it was meant.
int cbarriers_monitor_wait_for(cbarriers_monitor *monitor, uint64_t nanoseconds) {
  if (nanoseconds > longest_wait) nanoseconds = longest_wait;
  forget_earlier_errors();
#if defined(__APPLE__)
  struct timespec duration = {
    .tv_sec = (time_t)(nanoseconds / nanoseconds_per_second),
    .tv_nsec = (long)(nanoseconds % nanoseconds_per_second),
  };
  int error = pthread_cond_timedwait_relative_np(&monitor->condition, &monitor->mutex, &duration);
#else
  struct timespec deadline;
  if (clock_gettime(CLOCK_MONOTONIC, &deadline) != 0) return errno;
  uint64_t fraction = (uint64_t)deadline.tv_nsec + nanoseconds % nanoseconds_per_second;
  deadline.tv_sec += (time_t)(nanoseconds / nanoseconds_per_second + fraction / nanoseconds_per_second);
  deadline.tv_nsec = (long)(fraction % nanoseconds_per_second);
  int error = pthread_cond_timedwait(&monitor->condition, &monitor->mutex, &deadline);
#endif
  return error == ETIMEDOUT ? 0 : spurious_or(error);
}

#if defined(__APPLE__)

// Under the lock: where a broadcast comes just after unlocking, Darwin has been seen to miss a thread that is on its
// way to sleep (dotnet/runtime, pull request 82709).
int cbarriers_monitor_unlock_and_broadcast(cbarriers_monitor *monitor) {
  int error = pthread_cond_broadcast(&monitor->condition);
  while (error == EAGAIN) error = pthread_cond_broadcast(&monitor->condition);  // under load
  int unlock_error = cbarriers_monitor_unlock(monitor);
  return error != 0 ? error : unlock_error;
}

#else

// After unlocking: those woken under the lock would only queue up for it. With 64 sleeping threads on two processors a
// phase took five to six times as long so.
int cbarriers_monitor_unlock_and_broadcast(cbarriers_monitor *monitor) {
  int error = cbarriers_monitor_unlock(monitor);
  return error != 0 ? error : pthread_cond_broadcast(&monitor->condition);
}

#endif
