#include "CxxPeers.h"

#include <barrier>

void *standard_barrier_create(long parties) { return new std::barrier<>(parties); }

void standard_barrier_wait(void *barrier) { static_cast<std::barrier<> *>(barrier)->arrive_and_wait(); }

void standard_barrier_destroy(void *barrier) { delete static_cast<std::barrier<> *>(barrier); }
