#include "CxxPeers.h"

#include <pthread.h>

namespace {

struct Textbook {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t all_here = PTHREAD_COND_INITIALIZER;
  const long parties;
  long arrived = 0;
  unsigned long generation = 0;
};

}  // namespace

void *textbook_barrier_create(long parties) { return new Textbook{.parties = parties}; }

void textbook_barrier_wait(void *barrier) {
  auto &self = *static_cast<Textbook *>(barrier);
  pthread_mutex_lock(&self.mutex);
  if (++self.arrived == self.parties) {
    self.arrived = 0;
    ++self.generation;
    pthread_cond_broadcast(&self.all_here);
  } else {
    const auto mine = self.generation;
    while (self.generation == mine) pthread_cond_wait(&self.all_here, &self.mutex);
  }
  pthread_mutex_unlock(&self.mutex);
}

void textbook_barrier_destroy(void *barrier) {
  auto *self = static_cast<Textbook *>(barrier);
  pthread_cond_destroy(&self->all_here);
  pthread_mutex_destroy(&self->mutex);
  delete self;
}
