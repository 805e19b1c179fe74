// Threads: starting one, and what one may ask about itself.

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "CBarriers.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef struct {
  char name[16];
  void (*run)(void *);
  void *argument;
} thread_start;

static void *start_routine(void *allocated) {
  thread_start start = *(thread_start *)allocated;
  free(allocated);
#if defined(__linux__)
  (void)pthread_setname_np(pthread_self(), start.name);
#elif defined(__APPLE__)
  (void)pthread_setname_np(start.name);
#endif
  start.run(start.argument);
  return NULL;
}

/// The code of others runs on it, and is used to more than the 128 KiB of musl or the 512 KiB of Darwin.
enum { LEAST_STACK = 2 << 20 };

/// A thread that nobody wants to know is detached.
static int start(const char *name, void (*run)(void *), void *argument, pthread_t *joinable) {
  thread_start *start = malloc(sizeof *start);
  if (start == NULL) return ENOMEM;
  *start = (thread_start){.run = run, .argument = argument};
  (void)strncpy(start->name, name, sizeof start->name - 1);

  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error == 0) {
    size_t stack;
    error = pthread_attr_getstacksize(&attributes, &stack);
    if (error == 0 && stack < LEAST_STACK) error = pthread_attr_setstacksize(&attributes, LEAST_STACK);
    if (error == 0 && joinable == NULL) {
      error = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    }
    pthread_t thread;
    if (error == 0) error = pthread_create(&thread, &attributes, start_routine, start);
    if (error == 0 && joinable != NULL) *joinable = thread;
    (void)pthread_attr_destroy(&attributes);
  }
  if (error != 0) free(start);
  return error;
}

int cbarriers_thread_start(const char *name, void (*run)(void *), void *argument, cbarriers_thread *thread) {
  return start(name, run, argument, &thread->handle);
}

int cbarriers_thread_start_detached(const char *name, void (*run)(void *), void *argument) {
  return start(name, run, argument, NULL);
}

static _Thread_local void *thread_word;

void *cbarriers_thread_word(void) { return thread_word; }

void cbarriers_set_thread_word(void *word) { thread_word = word; }

uint64_t cbarriers_nanoseconds(void) {
#if defined(__linux__)
  const clockid_t continuous = CLOCK_BOOTTIME;
#elif defined(__APPLE__)
  const clockid_t continuous = CLOCK_MONOTONIC_RAW;
#else
  const clockid_t continuous = CLOCK_MONOTONIC;
#endif
  struct timespec now;
  (void)clock_gettime(continuous, &now);  // cannot fail: the clock is always there
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZER 1
#endif
#endif

#ifdef THREAD_SANITIZER

void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);

void cbarriers_sanitizer_ignore_reads_begin(void) { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }

void cbarriers_sanitizer_ignore_reads_end(void) { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }

#else

void cbarriers_sanitizer_ignore_reads_begin(void) {}

void cbarriers_sanitizer_ignore_reads_end(void) {}

#endif
