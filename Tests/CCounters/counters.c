#define _GNU_SOURCE
#include "CCounters.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

static _Thread_local counters mine;

counters counters_of_this_thread(void) { return mine; }

#if defined(__GLIBC__) && !defined(SANITIZED)

bool counters_work(void) { return true; }

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) {
  mine.bytes += (long)size;
  mine.allocations++;
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  mine.bytes += (long)(count * size);
  mine.allocations++;
  return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
  mine.bytes += (long)size;
  mine.allocations++;
  return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  mine.bytes += (long)size;
  mine.allocations++;
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  mine.bytes += (long)size;
  mine.allocations++;
  *result = __libc_memalign(alignment, size);
  return *result == NULL;
}

// The functions of the C library, looked up when first called. Whoever races here finds the same.
#define FORWARD(name, ...)                                       \
  static int (*volatile original)(__VA_ARGS__);                  \
  if (original == NULL) {                                        \
    original = (int (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name);    \
  }                                                              \
  return original

int pthread_mutex_lock(pthread_mutex_t *mutex) {
  mine.locks++;
  FORWARD(pthread_mutex_lock, pthread_mutex_t *)(mutex);
}

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex) {
  mine.sleeps++;
  FORWARD(pthread_cond_wait, pthread_cond_t *, pthread_mutex_t *)(condition, mutex);
}

int pthread_cond_broadcast(pthread_cond_t *condition) {
  mine.broadcasts++;
  FORWARD(pthread_cond_broadcast, pthread_cond_t *)(condition);
}

#else

bool counters_work(void) { return false; }

#endif
