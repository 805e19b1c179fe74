// How many processors this process may use: the smallest of those online, those in its affinity and the quota
// of its control groups.

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "CBarriers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__)

enum { PATH = 4096 };

static int minimum(int one, int other) { return one < other ? one : other; }

/// The quota of one group in whole processors, at least 1; INT_MAX without a quota.
static int quota_of_group(const char *directory) {
  char path[PATH + 32];
  long long quota = -1;
  long long period = 0;
  // Version 2 has both numbers in one file, or the word "max". Version 1 has one file for each, or -1.
  (void)snprintf(path, sizeof path, "%s/cpu.max", directory);
  FILE *file = fopen(path, "re");
  if (file != NULL) {
    if (fscanf(file, "%lld %lld", &quota, &period) != 2) quota = -1;
    (void)fclose(file);
  } else {
    const char *names[] = {"cpu.cfs_quota_us", "cpu.cfs_period_us"};
    long long *numbers[] = {&quota, &period};
    for (int each = 0; each < 2; each++) {
      (void)snprintf(path, sizeof path, "%s/%s", directory, names[each]);
      file = fopen(path, "re");
      if (file == NULL) return INT_MAX;
      if (fscanf(file, "%lld", numbers[each]) != 1) quota = -1;
      (void)fclose(file);
    }
  }
  if (quota <= 0 || period <= 0) return INT_MAX;
  long long processors = quota / period;
  return processors < 1 ? 1 : processors < INT_MAX ? (int)processors : INT_MAX;
}

/// The smallest quota of a group and of those that contain it, up to the root of the hierarchy.
static int quota_of_groups(const char *root, const char *group) {
  char directory[PATH];
  if (snprintf(directory, sizeof directory, "%s%s", root, group) >= (int)sizeof directory) return INT_MAX;
  int quota = INT_MAX;
  while (1) {
    quota = minimum(quota, quota_of_group(directory));
    char *slash = strrchr(directory + strlen(root), '/');
    if (slash == NULL) return quota;
    *slash = '\0';
  }
}

/// Whether a comma-separated list contains a word.
static int contains(const char *list, const char *word) {
  const size_t length = strlen(word);
  for (const char *item = list; item != NULL; item = strchr(item, ',')) {
    if (*item == ',') item++;
    if (strncmp(item, word, length) == 0 && (item[length] == ',' || item[length] == '\0')) return 1;
  }
  return 0;
}

int cbarriers_quota(const char *memberships, const char *hierarchies) {
  FILE *file = fopen(memberships, "re");
  if (file == NULL) return INT_MAX;
  int quota = INT_MAX;
  char line[PATH];
  // Each line is "number:controllers:/group"; version 2 names no controllers.
  while (fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':');
    char *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');
    if (group == NULL) continue;
    *group++ = '\0';
    controllers++;
    char root[PATH];
    if (*controllers == '\0') {
      quota = minimum(quota, quota_of_groups(hierarchies, group));
    } else if (contains(controllers, "cpu")) {
      // Mounted under its controllers' names, not always in this order, and under each single name.
      (void)snprintf(root, sizeof root, "%s/%s", hierarchies, controllers);
      quota = minimum(quota, quota_of_groups(root, group));
      (void)snprintf(root, sizeof root, "%s/cpu", hierarchies);
      quota = minimum(quota, quota_of_groups(root, group));
    }
  }
  (void)fclose(file);
  return quota;
}

int cbarriers_usable_processors(int quota) {
  cpu_set_t usable;
  CPU_ZERO(&usable);
  const pid_t threads[] = {0, getpid()};  // this one, and the first
  for (int each = 0; each < 2; each++) {
    cpu_set_t affinity;
    if (sched_getaffinity(threads[each], sizeof affinity, &affinity) != 0) continue;
    CPU_OR(&usable, &usable, &affinity);
  }
  if (CPU_COUNT(&usable) > 0) return minimum(quota, CPU_COUNT(&usable));
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return minimum(quota, online > 0 ? (int)online : 1);
}

#else

int cbarriers_quota(const char *memberships, const char *hierarchies) {
  (void)memberships;
  (void)hierarchies;
  return INT_MAX;
}

int cbarriers_usable_processors(int quota) {
  (void)quota;
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}

#endif
