// What a thread can be asked: its identifier, its name, its Dispatch queue, its word of thread-local storage.

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "CBarriers.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__linux__)

// Cached, because it takes a system call.
static _Thread_local pid_t id;

/// In a forked child, the only thread is another one.
static void forget_id(void) { id = 0; }

static void forget_id_on_fork(void) { (void)cbarriers_on_fork(forget_id); }

uint64_t cbarriers_thread_id(void) {
  static pthread_once_t registration = PTHREAD_ONCE_INIT;
  if (id == 0) {
    (void)pthread_once(&registration, forget_id_on_fork);
    id = (pid_t)syscall(SYS_gettid);
  }
  return (uint64_t)id;
}

uint64_t cbarriers_first_thread_id(void) { return (uint64_t)getpid(); }

void cbarriers_thread_name(uint64_t thread, char *name, size_t capacity) {
  name[0] = '\0';
  char path[64];
  (void)snprintf(path, sizeof path, "/proc/self/task/%llu/comm", (unsigned long long)thread);
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file == -1) return;
  const ssize_t length = read(file, name, capacity - 1);
  (void)close(file);
  if (length > 0) name[length - 1] = '\0';  // replaces the end of the line
}

#else

uint64_t cbarriers_thread_id(void) { return (uint64_t)(uintptr_t)pthread_self(); }

uint64_t cbarriers_first_thread_id(void) { return 0; }

void cbarriers_thread_name(uint64_t thread, char *name, size_t capacity) {
  name[0] = '\0';
#if defined(__APPLE__)
  if (thread == 0) return;
  // Darwin checks whether the thread still exists.
  (void)pthread_getname_np((pthread_t)(uintptr_t)thread, name, capacity);
#else
  (void)thread;
  (void)capacity;
#endif
}

#endif

// Weak, because this module does not link Dispatch. It is used if the program has it.
extern void *dispatch_get_current_queue(void) __attribute__((weak));
extern const char *dispatch_queue_get_label(void *queue) __attribute__((weak));

void *cbarriers_dispatch_queue(void) {
  return dispatch_get_current_queue == NULL ? NULL : dispatch_get_current_queue();
}

const char *cbarriers_dispatch_label(void *queue) {
  return queue == NULL || dispatch_queue_get_label == NULL ? NULL : dispatch_queue_get_label(queue);
}

static _Thread_local void *tls_word;

void *cbarriers_tls_get(void) { return tls_word; }

void cbarriers_tls_set(void *word) { tls_word = word; }

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
