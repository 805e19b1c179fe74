// CBarriers: the one place that calls the operating system's threads.
//
// The contract of every function here:
// - Those that return `int` return 0, or an error number of <errno.h>. They never print and never end the process: the
//   caller decides what an error means.
// - Times are nanoseconds, counted by clocks that setting the system's date does not move.
// - Pointers stay the caller's. A monitor must not move in memory between `init` and `destroy`.
// - Nothing here knows what a barrier is.

#ifndef CBARRIERS_H
#define CBARRIERS_H

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

// Monitor: a mutex, and a condition to wait for while giving it up.

/// Whether threads sleep by futex(2); else by pthread's condition. `CBARRIERS_PTHREAD_CONDITION` asks for that on Linux too,
/// where this is compiled without Swift: `Scripts/check-c` and a test do so.
#if defined(__linux__) && !defined(CBARRIERS_PTHREAD_CONDITION)
#define CBARRIERS_HAS_FUTEX 1
#else
#define CBARRIERS_HAS_FUTEX 0
#endif

typedef struct {
  pthread_mutex_t mutex;
#if CBARRIERS_HAS_FUTEX
  uint32_t broadcasts;
  uint32_t sleepers;
#else
  pthread_cond_t condition;
#endif
} cbarriers_monitor;

/// In nanoseconds. A day is far from any overflow.
#define CBARRIERS_SECOND 1000000000ull
#define CBARRIERS_LONGEST_SLEEP (86400 * CBARRIERS_SECOND)

/// The call of the system that failed last in this thread, of those that a monitor makes.
const char *cbarriers_failed_call(void);

/// Notes which call has failed, and returns the error.
int cbarriers_failed(const char *call, int error);

int cbarriers_monitor_init(cbarriers_monitor *monitor);

/// Called only when no thread uses the monitor any more.
int cbarriers_monitor_destroy(cbarriers_monitor *monitor);

static inline int cbarriers_monitor_lock(cbarriers_monitor *monitor) {
  const int error = pthread_mutex_lock(&monitor->mutex);
  return error == 0 ? 0 : cbarriers_failed("pthread_mutex_lock", error);
}

static inline int cbarriers_monitor_unlock(cbarriers_monitor *monitor) {
  const int error = pthread_mutex_unlock(&monitor->mutex);
  return error == 0 ? 0 : cbarriers_failed("pthread_mutex_unlock", error);
}

/// Called only while holding the lock, which is given up while waiting and held again on return. Returns 0 after
/// a broadcast, and now and then without one: the caller checks its predicate in a loop.
int cbarriers_monitor_wait(cbarriers_monitor *monitor);

/// The same for about `nanoseconds` at most, and never more than a day. It does not tell why it returned: the
/// caller looks at its predicate and at the clock.
int cbarriers_monitor_wait_for(cbarriers_monitor *monitor, uint64_t nanoseconds);

/// Called only while holding the lock: gives it up, and wakes every thread that waits. There is no function to wake
/// one: a barrier releases all of them.
int cbarriers_monitor_unlock_and_broadcast(cbarriers_monitor *monitor);

// Threads.

typedef struct {
  pthread_t handle;
} cbarriers_thread;

/// Starts a thread that calls `run(argument)` and ends, and is to be joined, once. It has the name as far as the system has
/// room for one (15 bytes on Linux).
int cbarriers_thread_start(const char *name, void (*run)(void *), void *argument, cbarriers_thread *thread);

/// Waits until the thread has ended.
static inline int cbarriers_thread_join(cbarriers_thread thread) { return pthread_join(thread.handle, NULL); }

/// The same, but nobody joins it.
int cbarriers_thread_start_detached(const char *name, void (*run)(void *), void *argument);

// What reports tell of a thread.

/// Identifies this thread for ``cbarriers_thread_name``, as long as it runs.
uint64_t cbarriers_thread_id(void);

/// That of the first thread, which has the name of the program where the system tells it; 0 elsewhere.
uint64_t cbarriers_first_thread_id(void);

/// Copies the name of a thread of this process into `room` bytes: an empty one if it has none, or has ended.
void cbarriers_thread_name(uint64_t thread, char *name, size_t room);

/// The reading of a clock that is exact to some ten milliseconds, for a quarter of what the other one costs. It stands still
/// while the machine is suspended.
uint64_t cbarriers_coarse_nanoseconds(void);

/// The Dispatch queue whose block this thread runs; a global one if it runs none; NULL in a process without Dispatch.
void *cbarriers_dispatch_queue(void);

/// The label of a queue that exists: a thread waits in one of its blocks.
const char *cbarriers_dispatch_label(void *queue);

/// Writes all of a text to standard error, as far as that takes it.
void cbarriers_write_to_standard_error(const char *text);

// This thread and this machine.

/// One word of thread-local storage, null in a new thread; for the caller to use as it likes.
void *cbarriers_thread_word(void);
void cbarriers_set_thread_word(void *word);

/// The reading of a clock that only goes forward, also while the machine is suspended: the one that Swift's
/// `ContinuousClock` reads. Only differences mean something.
uint64_t cbarriers_nanoseconds(void);

/// Between these two, ThreadSanitizer does not note what this thread reads. Elsewhere they do nothing.
void cbarriers_sanitizer_ignore_reads_begin(void);
void cbarriers_sanitizer_ignore_reads_end(void);

/// How many whole processors the quota of this process's control groups pays for, at least 1; `INT_MAX` without one.
/// `memberships` is "/proc/self/cgroup" and `hierarchies` "/sys/fs/cgroup", but for tests. It reads files: ask once.
int cbarriers_quota(const char *memberships, const char *hierarchies);

/// How many processors this process may use now: at least 1, and at most `quota`.
int cbarriers_usable_processors(int quota);

/// Tells the processor that this thread polls, so that its sibling and its power budget may profit.
static inline void cbarriers_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield" ::: "memory");
#else
  __asm__ volatile("" ::: "memory");
#endif
}

/// Lets other threads run on this thread's processor, if any are waiting for it.
static inline void cbarriers_yield(void) { (void)sched_yield(); }

#ifdef __cplusplus
}
#endif

#endif
