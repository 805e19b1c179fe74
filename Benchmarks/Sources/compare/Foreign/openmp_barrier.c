// Runs OpenMP's barrier back to back. Prints the nanoseconds and the CPU nanoseconds per phase.

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double nanoseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  const int parties = atoi(arguments[1]);
  const double length = 1e6 * atof(arguments[2]);
  omp_set_dynamic(0);
  for (long phases = 10;;) {
    double wall = 0;
    const double used = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
#pragma omp parallel num_threads(parties)
    {
      for (int phase = 0; phase < 3; phase++) {
#pragma omp barrier
      }
      const double start = nanoseconds(CLOCK_MONOTONIC);
      for (long phase = 0; phase < phases; phase++) {
#pragma omp barrier
      }
#pragma omp master
      wall = nanoseconds(CLOCK_MONOTONIC) - start;
    }
    if (wall >= length) {
      const double cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - used;
      printf("%.1f %.1f\n", wall / (double)phases, cpu / (double)phases);
      return 0;
    }
    const double factor = 1.2 * length / wall;
    phases = (long)((double)phases * (factor < 2 ? 2 : factor > 20 ? 20 : factor));
  }
}
