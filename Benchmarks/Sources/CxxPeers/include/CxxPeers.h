// Barriers that are not Swift's, for the benchmarks to measure beside the library's.

#ifndef CXX_PEERS_H
#define CXX_PEERS_H

#ifdef __cplusplus
extern "C" {
#endif

/// C++20's std::barrier.
void *standard_barrier_create(long parties);
void standard_barrier_wait(void *barrier);
void standard_barrier_destroy(void *barrier);

/// A mutex, a condition, a count and a generation, as textbooks have it.
void *textbook_barrier_create(long parties);
void textbook_barrier_wait(void *barrier);
void textbook_barrier_destroy(void *barrier);

/// A count and a generation that everyone polls: the fastest there can be while every party has a processor.
void *spinning_barrier_create(long parties);
void spinning_barrier_wait(void *barrier);
void spinning_barrier_destroy(void *barrier);

#ifdef __cplusplus
}
#endif

#endif
