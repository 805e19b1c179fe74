// A C program for tools that do not support Swift: threads meet at a simple barrier built on CBarriers'
// monitor, which is used in every way that the library uses it. Exits with 0 on success.

#include "CBarriers.h"

#include <stdio.h>
#include <stdlib.h>
#if __has_include(<valgrind/drd.h>)
#include <valgrind/drd.h>
#else
#define DRD_IGNORE_VAR(variable) (void)(variable)
#endif

enum { PARTIES = 4, PHASES = 200 };

static void check(int error, const char *what) {
  if (error == 0) return;
  (void)fprintf(stderr, "%s: %s\n", what, strerror(error));
  exit(1);
}

static void expect(int condition, const char *what) {
  if (condition) return;
  (void)fprintf(stderr, "expectation failed: %s\n", what);
  exit(1);
}

typedef struct {
  cbarriers_monitor monitor;
  int arrived;
  int phase;
  int exited;          // threads that have ended
  int notes[PARTIES];  // each written by one thread, and read by all after the phase
} barrier;

static barrier shared;

static int lock(void) { return cbarriers_monitor_lock(&shared.monitor); }

/// Half of the parties sleep without a timeout, the others again and again with a short one.
static void wait_for_others(int party) {
  check(lock(), "lock");
  int phase = shared.phase;
  if (++shared.arrived == PARTIES) {
    shared.arrived = 0;
    shared.phase++;
    check(cbarriers_monitor_unlock_and_broadcast(&shared.monitor), "broadcast");
    return;
  }
  while (shared.phase == phase) {
    check(
      party % 2 == 0 ? cbarriers_monitor_wait(&shared.monitor)
                     : cbarriers_monitor_wait_for(&shared.monitor, 50000),
      "wait");
  }
  check(cbarriers_monitor_unlock(&shared.monitor), "unlock");
}

static void run(void *argument) {
  int party = (int)(intptr_t)argument;
  int word = party;
  expect(cbarriers_tls_get() == NULL, "the word of a new thread is null");
  cbarriers_tls_set(&word);
  for (int phase = 1; phase <= PHASES; phase++) {
    shared.notes[party] = phase;
    wait_for_others(party);
    for (int other = 0; other < PARTIES; other++) {
      expect(shared.notes[other] == phase, "writes before the phase are visible after it");
    }
    wait_for_others(party);
    expect(cbarriers_tls_get() == &word, "each thread keeps its own word");
    cbarriers_pause();
    cbarriers_yield();
  }
  check(lock(), "lock");
  shared.exited++;
  check(cbarriers_monitor_unlock_and_broadcast(&shared.monitor), "broadcast");
}

int main(void) {
#if CBARRIERS_HAS_FUTEX
  // The kernel reads the count of broadcasts for a thread that is about to sleep, while another thread may
  // increment it: that is the purpose of futex(2) (Sources/CBarriers/monitor_futex.c). Valgrind takes the
  // kernel's read for a write. Only this word is ignored: drd still checks all others.
  DRD_IGNORE_VAR(shared.monitor.broadcasts);
#endif
  check(cbarriers_monitor_init(&shared.monitor), "init");
  uint64_t start = cbarriers_nanoseconds();
  for (intptr_t party = 0; party < PARTIES; party++) {
    check(cbarriers_thread_start_detached("a name of more than fifteen bytes", run, (void *)party), "start");
  }
  check(lock(), "lock");
  while (shared.exited < PARTIES) check(cbarriers_monitor_wait(&shared.monitor), "wait");

  // Timeouts of zero and of a moment.
  check(cbarriers_monitor_wait_for(&shared.monitor, 0), "wait for 0 ns");
  uint64_t before = cbarriers_nanoseconds();
  check(cbarriers_monitor_wait_for(&shared.monitor, 2000000), "wait for 2 ms");
  expect(before > start, "time goes forward");
  check(cbarriers_monitor_unlock(&shared.monitor), "unlock");
  check(cbarriers_monitor_destroy(&shared.monitor), "destroy");

  int quota = cbarriers_quota("/proc/self/cgroup", "/sys/fs/cgroup");
  expect(quota >= 1, "a quota allows at least one processor");
  expect(cbarriers_quota("/nowhere", "/nowhere") == INT_MAX, "without control groups there is no quota");
  expect(cbarriers_usable_processors(quota) >= 1, "there is a processor");
  expect(cbarriers_usable_processors(1) == 1, "the quota limits the processors");
  cbarriers_sanitizer_ignore_reads_begin();
  cbarriers_sanitizer_ignore_reads_end();
  return 0;
}
