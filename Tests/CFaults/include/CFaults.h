// Injects faults into functions of the C library, by interposing on them, and reaches limits of the system.
//
// The faults work with glibc only, and not under a sanitizer, which interposes itself. Elsewhere
// `faults_work()` is false, and they have no effect.
//
// Only calls from the code of this executable are affected: those of the library and of the tests, not those
// of Foundation, Dispatch and Swift's own libraries. A fault for all threads needs a process of its own.

#ifndef CFAULTS_H
#define CFAULTS_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__GLIBC__)
#define CAN_INTERPOSE 1
#endif

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#undef CAN_INTERPOSE
#endif
#endif

bool faults_work(void);

typedef enum {
  call_mutex_lock,
  call_sleep,
  call_timed_sleep,
  call_broadcast,
  call_create,
} call;

enum { calls = 5 };

/// Returns how often this thread has called a function so far.
long faults_calls_of_this_thread(call);

/// Makes the next `times` calls of this thread only return `error` and set `errno` to `error_number`.
void faults_fail(call, int error, int error_number, long times);

/// Makes one call of this thread, after the next `earlier` ones, only return `error`.
void faults_fail_after(call, long earlier, int error);

/// How many of 100 sleeps return at once: as if woken, and, of those with a timeout, as if timed out.
typedef struct {
  int woken;
  int timed_out;
  uint64_t seed;
} bad_sleeps;

/// Makes sleeps of all threads return at once, from now on.
void faults_make_sleeps_bad(bad_sleeps);

/// Returns how many sleeps have returned at once.
long faults_bad_sleeps(void);

/// Delays every thread after it has unlocked a mutex, from now on, so that other threads run in between.
void faults_make_unlocks_slow(void);

/// Makes the clock that counts suspensions, as this executable reads it, jump ahead: as if the machine had
/// been suspended for so many seconds.
void faults_suspend(long seconds);

/// Makes the wall clock an hour early and an hour late, in turn, from now on.
void faults_make_wall_clock_jump(void);

/// Returns how often the code of this executable has read the wall clock.
long faults_wall_clock_readings(void);

// Limits of the system. Each needs a process of its own, and returns whether it could be reached.

/// Returns whether `limit_threads` works here. It starts a process to find out.
bool limits_can_stop_threads(void);

/// Limits the number of threads and processes, from now on. Root is exempt: so a process of root first
/// switches to another user.
bool limit_threads(int threads);

/// Lifts the limit of `limit_threads`.
bool unlimit_threads(void);

/// Pins all present and future threads of this process to one processor.
bool limit_processors_to_one(void);

/// Pins this thread to one processor.
bool limit_this_thread_to_one_processor(void);

/// Runs `body` in a forked child. Returns whether it returned true there.
bool holds_in_child(bool (*body)(void));

/// Stops this process by a signal. A child process continues it a moment later.
bool stop_for_a_moment(void);

#endif
