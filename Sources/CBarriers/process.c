// What belongs to the process or the thread as a whole: unique numbers, which call failed, standard error.

#include "CBarriers.h"

#include <errno.h>
#include <unistd.h>

uint64_t cbarriers_unique_number(void) {
  static uint64_t last;
  // Relaxed: only the number matters, and nothing is ordered by it.
  return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

int cbarriers_on_fork(void (*function)(void)) { return pthread_atfork(NULL, NULL, function); }

static _Thread_local const char *failed_call = "no call";

int cbarriers_record_failure(const char *call, int error) {
  failed_call = call;
  return error;
}

const char *cbarriers_failed_call(void) { return failed_call; }

void cbarriers_write_to_standard_error(const char *text) {
  for (size_t left = strlen(text); left > 0;) {
    const ssize_t written = write(STDERR_FILENO, text, left);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text += written;
    left -= (size_t)written;
  }
}
