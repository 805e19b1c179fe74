// The barrier of C++20, for the benchmarks to measure beside the library's.

#ifndef CXX_PEERS_H
#define CXX_PEERS_H

#ifdef __cplusplus
extern "C" {
#endif

void *cxx_barrier_create(long parties);
void cxx_barrier_wait(void *barrier);
void cxx_barrier_destroy(void *barrier);

#ifdef __cplusplus
}
#endif

#endif
