// Starts threads with a name and a stack that is large enough.

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "CBarriers.h"

#include <errno.h>
#include <stdlib.h>

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

/// User code runs on these threads, and may need more than the 128 KiB of musl or the 512 KiB of Darwin.
enum { MIN_STACK_SIZE = 2 << 20 };

/// Starts a thread: joinable if `joinable` is not NULL, otherwise detached.
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
    if (error == 0 && stack < MIN_STACK_SIZE) error = pthread_attr_setstacksize(&attributes, MIN_STACK_SIZE);
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
