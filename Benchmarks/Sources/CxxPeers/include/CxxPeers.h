// Barriers in C++ that the benchmarks compare with the library's.
//
// wait() blocks until all parties of the phase have called it. A barrier may be destroyed once no thread is
// in wait().

#ifndef CXX_PEERS_H
#define CXX_PEERS_H

#ifdef __cplusplus
extern "C" {
#endif

/// C++20's std::barrier.
void *std_barrier_create(long parties);
void std_barrier_wait(void *barrier);
void std_barrier_destroy(void *barrier);

/// The textbook barrier: a pthread mutex and condition variable, a count and a generation.
void *cond_barrier_create(long parties);
void cond_barrier_wait(void *barrier);
void cond_barrier_destroy(void *barrier);

/// A count and a generation that every party polls: the lower bound while each party has a processor.
void *spinning_barrier_create(long parties);
void spinning_barrier_wait(void *barrier);
void spinning_barrier_destroy(void *barrier);

#ifdef __cplusplus
}
#endif

#endif
