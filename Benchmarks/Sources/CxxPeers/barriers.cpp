// The barriers that CxxPeers.h declares. Each create function allocates one; its destroy function frees it.

#include "CxxPeers.h"

#include <pthread.h>

#include <atomic>
#include <barrier>

// C++20's std::barrier

void *std_barrier_create(long parties) { return new std::barrier<>(parties); }

void std_barrier_wait(void *barrier) { static_cast<std::barrier<> *>(barrier)->arrive_and_wait(); }

void std_barrier_destroy(void *barrier) { delete static_cast<std::barrier<> *>(barrier); }

// A mutex and a condition variable

namespace {

struct ConditionVariableBarrier {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t all_arrived = PTHREAD_COND_INITIALIZER;
  const long parties;
  long arrived = 0;
  unsigned long generation = 0;
};

}  // namespace

void *cond_barrier_create(long parties) { return new ConditionVariableBarrier{.parties = parties}; }

void cond_barrier_wait(void *barrier) {
  auto &self = *static_cast<ConditionVariableBarrier *>(barrier);
  pthread_mutex_lock(&self.mutex);
  if (++self.arrived == self.parties) {
    self.arrived = 0;
    ++self.generation;
    pthread_cond_broadcast(&self.all_arrived);
  } else {
    const auto generation = self.generation;
    while (self.generation == generation) pthread_cond_wait(&self.all_arrived, &self.mutex);
  }
  pthread_mutex_unlock(&self.mutex);
}

void cond_barrier_destroy(void *barrier) {
  auto *self = static_cast<ConditionVariableBarrier *>(barrier);
  pthread_cond_destroy(&self->all_arrived);
  pthread_mutex_destroy(&self->mutex);
  delete self;
}

// Spinning only

namespace {

struct SpinningBarrier {
  const long parties;
  alignas(128) std::atomic<long> arrived{0};
  alignas(128) std::atomic<unsigned long> generation{0};
};

inline void cpu_relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

void *spinning_barrier_create(long parties) { return new SpinningBarrier{.parties = parties}; }

void spinning_barrier_wait(void *barrier) {
  auto &self = *static_cast<SpinningBarrier *>(barrier);
  const auto generation = self.generation.load(std::memory_order_relaxed);
  if (self.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == self.parties) {
    self.arrived.store(0, std::memory_order_relaxed);
    self.generation.store(generation + 1, std::memory_order_release);
  } else {
    while (self.generation.load(std::memory_order_acquire) == generation) cpu_relax();
  }
}

void spinning_barrier_destroy(void *barrier) { delete static_cast<SpinningBarrier *>(barrier); }
