// CBarriers: the only module that calls the operating system's threads.
//
// The contract of every function here:
// - Functions that return `int` return 0 or an error number of <errno.h>, unless their comment says
//   otherwise. They do not print and do not end the process: the caller decides what an error means.
// - Times are nanoseconds of clocks that setting the system's date does not affect.
// - The caller owns all pointers. A monitor must not move in memory between `init` and `destroy`.
// - The module knows nothing of barriers.

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

// Monitor: a mutex, and a condition on which to wait while the mutex is released.

/// Whether threads sleep by futex(2) instead of on pthread's condition. `CBARRIERS_PTHREAD_CONDITION` selects
/// pthread's condition on Linux too, where this is compiled without Swift: `Scripts/check-c` and a test do
/// so.
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

#define CBARRIERS_SECOND 1000000000ull

/// The longest timed sleep. Sleeps use the monotonic clock, which stops while the machine is suspended;
/// deadlines use a clock that does not. So a caller looks at its clock this often, and notices within ten
/// seconds of waking up that a deadline passed while the machine was suspended.
#define CBARRIERS_LONGEST_SLEEP (10 * CBARRIERS_SECOND)

/// The name of the system call or pthread function that failed last in this thread, among those of a monitor.
const char *cbarriers_failed_call(void);

/// Records which call failed. Returns `error`.
int cbarriers_record_failure(const char *call, int error);

int cbarriers_monitor_init(cbarriers_monitor *monitor);

/// Called only when no thread uses the monitor any more.
int cbarriers_monitor_destroy(cbarriers_monitor *monitor);

static inline int cbarriers_monitor_lock(cbarriers_monitor *monitor) {
  const int error = pthread_mutex_lock(&monitor->mutex);
  return error == 0 ? 0 : cbarriers_record_failure("pthread_mutex_lock", error);
}

static inline int cbarriers_monitor_unlock(cbarriers_monitor *monitor) {
  const int error = pthread_mutex_unlock(&monitor->mutex);
  return error == 0 ? 0 : cbarriers_record_failure("pthread_mutex_unlock", error);
}

/// Called only while holding the lock, which is released while waiting and held again on return. Returns 0
/// after a broadcast, and sometimes without one: the caller checks its predicate in a loop.
int cbarriers_monitor_wait(cbarriers_monitor *monitor);

/// The same for at most about `nanoseconds`, and never for more than `CBARRIERS_LONGEST_SLEEP`. It does not
/// tell why it returned: the caller checks its predicate and its clock.
int cbarriers_monitor_wait_for(cbarriers_monitor *monitor, uint64_t nanoseconds);

/// Called only while holding the lock. Releases it, and wakes every thread that waits. There is no function
/// that wakes one thread: a barrier releases all of them, and glibc before 2.41 can lose a signal (bug
/// 25847).
int cbarriers_monitor_unlock_and_broadcast(cbarriers_monitor *monitor);

// Threads.

typedef struct {
  pthread_t handle;
} cbarriers_thread;

/// Starts a thread that calls `run(argument)` and ends. It must be joined once. The system may truncate the
/// name (to 15 bytes on Linux).
int cbarriers_thread_start(const char *name, void (*run)(void *), void *argument, cbarriers_thread *thread);

/// Waits until the thread has ended.
static inline int cbarriers_thread_join(cbarriers_thread thread) { return pthread_join(thread.handle, NULL); }

/// Starts a thread that is not joined.
int cbarriers_thread_start_detached(const char *name, void (*run)(void *), void *argument);

// Thread information, for reports.

/// Identifies this thread for `cbarriers_thread_name` while it runs.
uint64_t cbarriers_thread_id(void);

/// The identifier of the first thread, which has the program's name where the system tells it; 0 elsewhere.
uint64_t cbarriers_first_thread_id(void);

/// Copies the name of a thread of this process into `capacity` bytes: an empty name if it has none, or has
/// ended.
void cbarriers_thread_name(uint64_t thread, char *name, size_t capacity);

/// The Dispatch queue whose block this thread runs; a global queue if it runs none; NULL without Dispatch.
void *cbarriers_dispatch_queue(void);

/// The label of a queue. The queue must exist, which is so while a thread waits in one of its blocks.
const char *cbarriers_dispatch_label(void *queue);

/// One word of thread-local storage for the caller's use; NULL in a new thread.
void *cbarriers_tls_get(void);
void cbarriers_tls_set(void *word);

/// Between these two calls, ThreadSanitizer ignores this thread's reads. Elsewhere they do nothing.
void cbarriers_sanitizer_ignore_reads_begin(void);
void cbarriers_sanitizer_ignore_reads_end(void);

/// Writes a text to standard error. Stops if a write fails.
void cbarriers_write_to_standard_error(const char *text);

/// A number that this process has not used before.
uint64_t cbarriers_unique_number(void);

/// Calls `function` in each child process that is forked from now on, on its only thread, before fork returns
/// there. All other threads of the parent are gone then, and what they were changing may be half changed.
int cbarriers_on_fork(void (*function)(void));

// Clocks.

/// A clock that never goes backward and includes the time during which the machine is suspended: the one that
/// Swift's `ContinuousClock` reads. Only differences are meaningful.
uint64_t cbarriers_nanoseconds(void);

/// A clock with steps of about ten milliseconds, for a quarter of the cost. It stops while the machine is
/// suspended.
uint64_t cbarriers_coarse_nanoseconds(void);

// Processors.

/// How many whole processors the CPU quota of this process's control groups allows, at least 1; `INT_MAX`
/// without a quota. `memberships` is "/proc/self/cgroup" and `hierarchies` "/sys/fs/cgroup", except in tests.
/// It reads files: call it once.
int cbarriers_quota(const char *memberships, const char *hierarchies);

/// How many processors this process may use now: at least 1, and at most `quota`.
///
/// Counts those that this thread or the first thread may use. So a thread that has pinned itself does not
/// decide for the others, and a process that was started on some processors only (by taskset) uses no more.
int cbarriers_usable_processors(int quota);

/// Tells the processor that this thread spins. It saves power, and leaves more of the core to its sibling.
static inline void cbarriers_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield" ::: "memory");
#else
  __asm__ volatile("" ::: "memory");
#endif
}

/// Lets another thread run on this thread's processor, if one is ready.
static inline void cbarriers_yield(void) { (void)sched_yield(); }

#ifdef __cplusplus
}
#endif

#endif
