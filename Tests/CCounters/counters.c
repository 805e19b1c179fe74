#define _GNU_SOURCE
#include "CCounters.h"

#include <CFaults.h>
#include <stddef.h>

static _Thread_local counters own;  // without the calls that `CFaults` counts

counters counters_of_this_thread(void) {
  counters all = own;
  all.locks = faults_calls_of_this_thread(call_mutex_lock);
  all.sleeps = faults_calls_of_this_thread(call_sleep) + faults_calls_of_this_thread(call_timed_sleep);
  all.broadcasts = faults_calls_of_this_thread(call_broadcast);
  return all;
}

#ifdef CAN_INTERPOSE

bool counters_work(void) { return true; }

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) {
  own.bytes += (long)size;
  own.allocations++;
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  own.bytes += (long)(count * size);
  own.allocations++;
  return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
  own.bytes += (long)size;
  own.allocations++;
  return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  own.bytes += (long)size;
  own.allocations++;
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  own.bytes += (long)size;
  own.allocations++;
  *result = __libc_memalign(alignment, size);
  return *result == NULL;
}

#else

bool counters_work(void) { return false; }

#endif
