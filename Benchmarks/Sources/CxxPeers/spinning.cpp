#include "CxxPeers.h"

#include <atomic>

namespace {

struct Spinning {
  const long parties;
  alignas(128) std::atomic<long> arrived{0};
  alignas(128) std::atomic<unsigned long> generation{0};
};

inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

void *spinning_barrier_create(long parties) { return new Spinning{.parties = parties}; }

void spinning_barrier_wait(void *barrier) {
  auto &self = *static_cast<Spinning *>(barrier);
  const auto mine = self.generation.load(std::memory_order_relaxed);
  if (self.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == self.parties) {
    self.arrived.store(0, std::memory_order_relaxed);
    self.generation.store(mine + 1, std::memory_order_release);
  } else {
    while (self.generation.load(std::memory_order_acquire) == mine) relax();
  }
}

void spinning_barrier_destroy(void *barrier) { delete static_cast<Spinning *>(barrier); }
