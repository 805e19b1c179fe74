// Makes functions of the C library do wrong, by standing in front of them; and brings about the limits of the system.
//
// For glibc only, and not under a sanitizer, which stands there itself: elsewhere `faults_work()` is false, and nothing
// here has an effect.
//
// Only calls from the code of this executable are falsified: the library's and the tests'. What Foundation, Dispatch and
// Swift's own libraries call is left alone. Where all threads are concerned, it is for a process of its own.

#ifndef CFAULTS_H
#define CFAULTS_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__GLIBC__)
#define CAN_STAND_IN_FRONT 1
#endif

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#undef CAN_STAND_IN_FRONT
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

/// How often this thread has called a function so far.
long faults_calls_of_this_thread(call);

/// From now on the next `times` calls of this thread do nothing but return `error`, and leave `error_number` in `errno`.
void faults_fail(call, int error, int error_number, long times);

/// The next `earlier` calls of this thread are spared; the one after them does nothing but return `error`.
void faults_fail_after(call, long earlier, int error);

/// Which part of the sleeps return at once, in percent: some as if they had been woken, some as if their time were over. Of
/// the latter there are none without a time.
typedef struct {
  int woken;
  int timed_out;
  uint64_t seed;
} bad_sleeps;

/// From now on all threads sleep so.
void faults_make_sleeps_bad(bad_sleeps);

/// How many sleeps have returned at once.
long faults_bad_sleeps(void);

/// From now on whoever has given up a mutex stands still for a moment, so that others come in between.
void faults_make_unlocks_slow(void);

/// From now on the wall clock is an hour early and an hour late, in turn.
void faults_make_wall_clock_jump(void);

/// How often the wall clock was read, from the code of this executable.
long faults_wall_clock_readings(void);

// Limits of the system. Each is for a process of its own, and answers whether it could be brought about.

/// Whether `limit_threads` works here; asked in a process that it starts to find out.
bool limits_can_stop_threads(void);

/// From now on no thread and no process can be started once there are so many. Nobody holds root to such a limit: so root
/// becomes somebody else.
bool limit_threads(int threads);

/// Threads can be started again.
bool unlimit_threads(void);

/// All threads of this process, and those to come, run on one processor.
bool limit_processors_to_one(void);

/// Stops this process by a signal; somebody else lets it go on a moment later.
bool stop_for_a_moment(void);

#endif
