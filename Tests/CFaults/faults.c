#define _GNU_SOURCE
#include "CFaults.h"

#include <stddef.h>

#ifdef CAN_INTERPOSE

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>

bool faults_work(void) { return true; }

// The calls that this thread has made, and the failures that are injected into it.

typedef struct {
  long earlier;
  long times;
  int error;
  int error_number;
} failure;

static _Thread_local long called[calls];
static _Thread_local failure failures[calls];

long faults_calls_of_this_thread(call call) { return called[call]; }

void faults_fail(call call, int error, int error_number, long times) {
  failures[call] = (failure){.times = times, .error = error, .error_number = error_number};
}

void faults_fail_after(call call, long earlier, int error) {
  failures[call] = (failure){.earlier = earlier, .times = 1, .error = error};
}

/// The beginning and the end of this executable's code, defined by the linker.
extern const char __executable_start[], etext[];

static bool is_ours(const char *caller) { return caller >= __executable_start && caller < etext; }

/// Counts a call; returns the error that is injected into it, or 0.
static int count_call(call call, const char *caller) {
  called[call]++;
  failure *failure = &failures[call];
  if (failure->times <= 0 || !is_ours(caller)) return 0;
  if (failure->earlier-- > 0) return 0;
  failure->times--;
  errno = failure->error_number;
  return failure->error;
}

// Sleeps that return at once.

static bad_sleeps sleeps;  // written before `are_sleeps_bad`
static atomic_bool are_sleeps_bad;
static atomic_long bad_so_far;
static atomic_ulong threads_so_far;

void faults_make_sleeps_bad(bad_sleeps bad) {
  sleeps = bad;
  atomic_store(&are_sleeps_bad, true);
}

long faults_bad_sleeps(void) { return atomic_load(&bad_so_far); }

/// A random number below 100: each thread has its own sequence (SplitMix64).
static int percentage(void) {
  static _Thread_local uint64_t state;
  if (state == 0) state = sleeps.seed + (atomic_fetch_add(&threads_so_far, 1) << 32);
  uint64_t mixed = state += 0x9e3779b97f4a7c15;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return (int)((mixed ^ (mixed >> 31)) % 100);
}

/// Whether a sleep returns at once, and with what result.
static bool is_bad_sleep(const char *caller, bool is_timed, int *result) {
  if (!atomic_load(&are_sleeps_bad) || !is_ours(caller)) return false;
  const int drawn = percentage();
  if (drawn >= sleeps.woken + (is_timed ? sleeps.timed_out : 0)) return false;
  *result = drawn < sleeps.woken ? 0 : ETIMEDOUT;
  return true;
}

// Finds the interposed function at the first call. Threads that race here find the same.
#define ORIGINAL(name, ...)                                   \
  static int (*volatile original)(__VA_ARGS__);               \
  if (original == NULL) {                                     \
    original = (int (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name); \
  }

#define COUNT_OR_FAIL(call)                         \
  const char *caller = __builtin_return_address(0); \
  const int error = count_call(call, caller);       \
  if (error != 0) return error

int pthread_mutex_lock(pthread_mutex_t *mutex) {
  COUNT_OR_FAIL(call_mutex_lock);
  ORIGINAL(pthread_mutex_lock, pthread_mutex_t *);
  return original(mutex);
}

static atomic_bool are_unlocks_slow;

void faults_make_unlocks_slow(void) { atomic_store(&are_unlocks_slow, true); }

int pthread_mutex_unlock(pthread_mutex_t *mutex) {
  ORIGINAL(pthread_mutex_unlock, pthread_mutex_t *);
  const int error = original(mutex);
  if (atomic_load(&are_unlocks_slow) && is_ours(__builtin_return_address(0))) {
    nanosleep(&(struct timespec){.tv_nsec = 1000 * percentage()}, NULL);
  }
  return error;
}

// From <linux/futex.h>: the operations among the threads of one process.
enum { FUTEX_WAIT_PRIVATE = 128, FUTEX_WAKE_PRIVATE = 129 };

static long count_or_fail_syscall(call call, const char *caller) {
  const int error = count_call(call, caller);
  if (error == 0) return 0;
  errno = error;
  return -1;
}

/// Interposes on sleeping and waking. All other calls are passed on.
long syscall(long number, ...) {
  const char *caller = __builtin_return_address(0);
  long argument[6];
  va_list arguments;
  va_start(arguments, number);
  for (int i = 0; i < 6; i++) argument[i] = va_arg(arguments, long);
  va_end(arguments);
  if (number == SYS_futex && is_ours(caller)) {
    const int operation = (int)argument[1];
    const bool is_timed = argument[3] != 0;
    int result;
    if (operation == FUTEX_WAIT_PRIVATE) {
      if (count_or_fail_syscall(is_timed ? call_timed_sleep : call_sleep, caller) != 0) return -1;
      if (is_bad_sleep(caller, is_timed, &result)) {
        sched_yield();
        atomic_fetch_add(&bad_so_far, 1);
        errno = result;
        return result == 0 ? 0 : -1;
      }
    } else if (operation == FUTEX_WAKE_PRIVATE) {
      if (count_or_fail_syscall(call_broadcast, caller) != 0) return -1;
    }
  }
  static long (*volatile original)(long, ...);
  if (original == NULL) original = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  return original(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}

int pthread_create(
    pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
  COUNT_OR_FAIL(call_create);
  ORIGINAL(pthread_create, pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  return original(thread, attributes, run, argument);
}

// The clocks.

static atomic_long suspended_seconds;

void faults_suspend(long seconds) { atomic_fetch_add(&suspended_seconds, seconds); }

static atomic_bool does_wall_clock_jump;
static atomic_long wall_clock_readings;

void faults_make_wall_clock_jump(void) { atomic_store(&does_wall_clock_jump, true); }

long faults_wall_clock_readings(void) { return atomic_load(&wall_clock_readings); }

int clock_gettime(clockid_t clock, struct timespec *time) {
  ORIGINAL(clock_gettime, clockid_t, struct timespec *);
  const int error = original(clock, time);
  if (clock == CLOCK_BOOTTIME && is_ours(__builtin_return_address(0))) {
    time->tv_sec += atomic_load(&suspended_seconds);
  }
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) return error;
  const char *caller = __builtin_return_address(0);
  if (is_ours(caller)) atomic_fetch_add(&wall_clock_readings, 1);
  if (atomic_load(&does_wall_clock_jump)) {
    static atomic_ulong turn;
    time->tv_sec += atomic_fetch_add(&turn, 1) % 2 == 0 ? 3600 : -3600;
  }
  return error;
}

#else

bool faults_work(void) { return false; }

long faults_calls_of_this_thread(call call) {
  (void)call;
  return 0;
}

void faults_fail(call call, int error, int error_number, long times) {
  (void)call, (void)error, (void)error_number, (void)times;
}

void faults_fail_after(call call, long earlier, int error) { (void)call, (void)earlier, (void)error; }

void faults_make_sleeps_bad(bad_sleeps bad) { (void)bad; }

long faults_bad_sleeps(void) { return 0; }

void faults_make_unlocks_slow(void) {}

void faults_suspend(long seconds) { (void)seconds; }

void faults_make_wall_clock_jump(void) {}

long faults_wall_clock_readings(void) { return 0; }

#endif
