// Who sleeps, and where: what reports tell of a thread.

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "CBarriers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)

uint64_t cbarriers_thread_id(void) {
  static _Thread_local pid_t id;  // asked for once, for it is a system call
  if (id == 0) id = (pid_t)syscall(SYS_gettid);
  return (uint64_t)id;
}

uint64_t cbarriers_first_thread_id(void) { return (uint64_t)getpid(); }

void cbarriers_thread_name(uint64_t thread, char *name, size_t room) {
  name[0] = '\0';
  char path[64];
  (void)snprintf(path, sizeof path, "/proc/self/task/%llu/comm", (unsigned long long)thread);
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file == -1) return;
  const ssize_t length = read(file, name, room - 1);
  (void)close(file);
  if (length > 0) name[length - 1] = '\0';  // in place of the end of the line
}

#else

uint64_t cbarriers_thread_id(void) { return (uint64_t)(uintptr_t)pthread_self(); }

uint64_t cbarriers_first_thread_id(void) { return 0; }

void cbarriers_thread_name(uint64_t thread, char *name, size_t room) {
  name[0] = '\0';
#if defined(__APPLE__)
  if (thread == 0) return;
  // Darwin looks whether there still is such a thread.
  (void)pthread_getname_np((pthread_t)(uintptr_t)thread, name, room);
#else
  (void)thread;
  (void)room;
#endif
}

#endif

void cbarriers_write_to_standard_error(const char *text) {
  for (size_t left = strlen(text); left > 0;) {
    const ssize_t written = write(STDERR_FILENO, text, left);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text += written;
    left -= (size_t)written;
  }
}

uint64_t cbarriers_coarse_nanoseconds(void) {
#if defined(__linux__)
  const clockid_t coarse = CLOCK_MONOTONIC_COARSE;
#elif defined(__APPLE__)
  const clockid_t coarse = CLOCK_MONOTONIC_RAW_APPROX;
#else
  const clockid_t coarse = CLOCK_MONOTONIC;
#endif
  struct timespec now;
  (void)clock_gettime(coarse, &now);  // cannot fail: the clock is always there
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// Dispatch is there if somebody else has linked it: it is not needed for this.
extern void *dispatch_get_current_queue(void) __attribute__((weak));
extern const char *dispatch_queue_get_label(void *queue) __attribute__((weak));

void *cbarriers_dispatch_queue(void) {
  return dispatch_get_current_queue == NULL ? NULL : dispatch_get_current_queue();
}

const char *cbarriers_dispatch_label(void *queue) {
  return queue == NULL || dispatch_queue_get_label == NULL ? NULL : dispatch_queue_get_label(queue);
}
