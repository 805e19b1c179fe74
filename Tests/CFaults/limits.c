#define _GNU_SOURCE
#include "CFaults.h"

#if defined(__linux__)

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { UID_NOBODY = 65534 };

static bool set_thread_limit(rlim_t limit) {
  struct rlimit limits;
  if (getrlimit(RLIMIT_NPROC, &limits) != 0) return false;
  limits.rlim_cur = limit < limits.rlim_max ? limit : limits.rlim_max;
  return setrlimit(RLIMIT_NPROC, &limits) == 0;
}

bool limit_threads(int threads) {
  if (geteuid() == 0 && setuid(UID_NOBODY) != 0) return false;
  return set_thread_limit((rlim_t)threads);
}

bool unlimit_threads(void) { return set_thread_limit(RLIM_INFINITY); }

/// Waits for a child process; returns whether it exits with 0.
static bool succeeds(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) == -1) {
    if (errno != EINTR) return false;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool holds_in_child(bool (*body)(void)) {
  const pid_t child = fork();
  if (child == -1) return false;
  if (child == 0) {
    // Ends a child that hangs, because the watchdog is a thread of the parent. The caller may block the
    // signal.
    sigset_t none;
    (void)sigemptyset(&none);
    (void)pthread_sigmask(SIG_SETMASK, &none, NULL);
    (void)alarm(20);
    _exit(body() ? 0 : 1);
  }
  return succeeds(child);
}

bool limits_can_stop_threads(void) {
  const pid_t child = fork();
  if (child == -1) return false;
  if (child != 0) return succeeds(child);
  if (!limit_threads(1)) _exit(1);  // the only one is this process
  const pid_t grandchild = fork();
  if (grandchild == 0) _exit(0);
  _exit(grandchild == -1 && errno == EAGAIN ? 0 : 1);
}

/// Pins this thread to the first processor that it may use, and stores that in `one`.
static bool pin_this_thread(cpu_set_t *one) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return false;
  int processor = 0;
  while (processor < CPU_SETSIZE && !CPU_ISSET(processor, &allowed)) processor++;
  CPU_ZERO(one);
  CPU_SET(processor, one);
  return sched_setaffinity(0, sizeof *one, one) == 0;
}

bool limit_this_thread_to_one_processor(void) {
  cpu_set_t one;
  return pin_this_thread(&one);
}

bool limit_processors_to_one(void) {
  cpu_set_t one;
  // This thread first, because the threads that it starts inherit its processor.
  if (!pin_this_thread(&one)) return false;
  DIR *threads = opendir("/proc/self/task");
  if (threads == NULL) return false;
  for (struct dirent *entry = readdir(threads); entry != NULL; entry = readdir(threads)) {
    const int thread = atoi(entry->d_name);  // 0 for "." and ".."
    if (thread > 0) (void)sched_setaffinity(thread, sizeof one, &one);  // fails if the thread has just ended
  }
  (void)closedir(threads);
  return true;
}

/// Whether the process with this `/proc/…/stat` file is stopped: "17 (name) T …".
static bool is_stopped(const char *path) {
  char text[128];
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file == -1) return false;
  const ssize_t length = read(file, text, sizeof text - 1);
  (void)close(file);
  text[length > 0 ? length : 0] = '\0';
  const char *name = strrchr(text, ')');
  return name != NULL && strncmp(name, ") T", 3) == 0;
}

bool stop_for_a_moment(void) {
  const pid_t own = getpid();
  char path[64];
  (void)snprintf(path, sizeof path, "/proc/%d/stat", own);
  const pid_t helper = fork();
  if (helper == -1) return false;
  if (helper == 0) {
    // Only async-signal-safe functions are allowed here, because the parent process has other threads.
    const struct timespec moment = {.tv_nsec = 100000000};
    while (getppid() == own) {
      const bool stopped = is_stopped(path);
      (void)nanosleep(&moment, NULL);
      if (stopped) _exit(kill(own, SIGCONT) == 0 ? 0 : 1);
    }
    _exit(1);
  }
  return kill(own, SIGSTOP) == 0 && succeeds(helper);
}

#else

bool limits_can_stop_threads(void) { return false; }

bool limit_threads(int threads) {
  (void)threads;
  return false;
}

bool unlimit_threads(void) { return false; }

bool limit_this_thread_to_one_processor(void) { return false; }

bool limit_processors_to_one(void) { return false; }

bool holds_in_child(bool (*body)(void)) {
  (void)body;
  return false;
}

bool stop_for_a_moment(void) { return false; }

#endif
