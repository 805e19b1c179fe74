// First, the headers that the source includes, as they are on this platform.
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "CDarwinMonitor.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>

// The replaced functions.

static _Thread_local darwin_answer answer;
static _Thread_local darwin_calls called;

static int next_answer(void) {
  if (answer.times <= 0) return 0;
  answer.times--;
  if (answer.error_number != 0) errno = answer.error_number;
  return answer.error;
}

static int fake_lock(pthread_mutex_t *mutex) {
  called.is_locked = true;
  return pthread_mutex_lock(mutex);
}

static int fake_unlock(pthread_mutex_t *mutex) {
  called.is_locked = false;
  return pthread_mutex_unlock(mutex);
}

static int fake_wait(pthread_cond_t *condition, pthread_mutex_t *mutex) {
  (void)condition, (void)mutex;
  called.waits++;
  return next_answer();
}

static int fake_relative_wait(
    pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *duration) {
  called.nanoseconds = (uint64_t)duration->tv_sec * 1000000000 + (uint64_t)duration->tv_nsec;
  return fake_wait(condition, mutex);
}

static int fake_broadcast(pthread_cond_t *condition) {
  (void)condition;
  called.broadcasts++;
  if (!called.is_locked) called.broadcasts_without_lock++;
  return next_answer();
}

// Then the source, as on Darwin. Its functions are renamed, because the library defines them too.
#ifndef __APPLE__
#define __APPLE__ 1
#endif
#define CBARRIERS_PTHREAD_CONDITION
#define pthread_mutex_lock fake_lock
#define pthread_mutex_unlock fake_unlock
#define pthread_cond_wait fake_wait
#define pthread_cond_timedwait_relative_np fake_relative_wait
#define pthread_cond_broadcast fake_broadcast
#define cbarriers_monitor darwin_monitor
#define cbarriers_monitor_init darwin_monitor_init
#define cbarriers_monitor_destroy darwin_monitor_destroy
#define cbarriers_monitor_lock darwin_monitor_lock
#define cbarriers_monitor_unlock darwin_monitor_unlock
#define cbarriers_monitor_wait darwin_monitor_wait
#define cbarriers_monitor_wait_for darwin_monitor_wait_for
#define cbarriers_monitor_unlock_and_broadcast darwin_monitor_unlock_and_broadcast

#include "../../Sources/CBarriers/monitor_pthread.c"

// Finally, the functions for the tests.

/// Begins a test of one call, with the lock held.
static int begin(darwin_monitor *monitor, darwin_answer first, int earlier) {
  answer = first;
  memset(&called, 0, sizeof called);
  int error = darwin_monitor_init(monitor);
  if (error == 0) error = darwin_monitor_lock(monitor);
  errno = earlier;
  return error;
}

static void end(darwin_monitor *monitor, darwin_calls *calls) {
  *calls = called;
  if (called.is_locked) (void)darwin_monitor_unlock(monitor);
  (void)darwin_monitor_destroy(monitor);
}

int darwin_monitor_waits(darwin_answer first, int earlier, darwin_calls *calls) {
  darwin_monitor monitor;
  int error = begin(&monitor, first, earlier);
  if (error != 0) return error;
  error = darwin_monitor_wait(&monitor);
  end(&monitor, calls);
  return error;
}

int darwin_monitor_waits_for(uint64_t nanoseconds, darwin_answer first, int earlier, darwin_calls *calls) {
  darwin_monitor monitor;
  int error = begin(&monitor, first, earlier);
  if (error != 0) return error;
  error = darwin_monitor_wait_for(&monitor, nanoseconds);
  end(&monitor, calls);
  return error;
}

int darwin_monitor_unlocks_and_broadcasts(darwin_answer first, int earlier, darwin_calls *calls) {
  darwin_monitor monitor;
  int error = begin(&monitor, first, earlier);
  if (error != 0) return error;
  error = darwin_monitor_unlock_and_broadcast(&monitor);
  end(&monitor, calls);
  return error;
}
