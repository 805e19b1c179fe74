// Which call of the system failed, so that a trap can name it; and where reports are written.

#include "CBarriers.h"

#include <errno.h>
#include <unistd.h>

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
