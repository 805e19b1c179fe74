// Which call of the system has failed, for a trap to name it.

#include "CBarriers.h"

static _Thread_local const char *failed_call = "nothing";

int cbarriers_failed(const char *call, int error) {
  failed_call = call;
  return error;
}

const char *cbarriers_failed_call(void) { return failed_call; }
