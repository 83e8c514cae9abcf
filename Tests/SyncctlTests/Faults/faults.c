// Preloaded into a relay, lets what it does to some of its files fail, as a bad disk would.
//
//   FAULT_PREFIX   of the paths that are meant
//   FAULT_ONE_IN   one write, truncation or flush in so many fails: with EIO, with ENOSPC, or, a write, in its middle
//   FAULT_SEED     which ones
//   FAULT_WHILE    a path: only while there is a file
//   FAULT_KILL     the write, truncation or flush of this number, counted from 1, ends the process
//   FAULT_HANG     a path: once there is a file, flushes never end
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int is_meant(int fd) {
  const char *prefix = getenv("FAULT_PREFIX");
  char link[64], path[4096];
  if (!prefix) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t count = readlink(link, path, sizeof path - 1);
  if (count < 0) return 0;
  path[count] = 0;
  return strncmp(path, prefix, strlen(prefix)) == 0;
}

// SplitMix64, shared by all threads.
static uint64_t next_number(void) {
  static _Atomic uint64_t state;
  const char *seed = getenv("FAULT_SEED");
  uint64_t z = atomic_fetch_add(&state, 0x9E3779B97F4A7C15u) + (seed ? strtoull(seed, 0, 10) : 0);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static void count_down(int fd) {
  static _Atomic uint64_t calls;
  const char *last = getenv("FAULT_KILL");
  if (!last || !is_meant(fd)) return;
  if (atomic_fetch_add(&calls, 1) + 1 == strtoull(last, 0, 10)) kill(getpid(), SIGKILL);
}

static int fails(int fd) {
  count_down(fd);
  const char *one_in = getenv("FAULT_ONE_IN");
  uint64_t count = one_in ? strtoull(one_in, 0, 10) : 0;
  const char *path = getenv("FAULT_WHILE");
  if (!count || !is_meant(fd) || (path && access(path, F_OK) != 0)) return 0;
  uint64_t number = next_number();
  if (number % count) return 0;
  errno = (number >> 40) % 2 ? EIO : ENOSPC;
  return 1;
}

static void hang(int fd) {
  const char *path = getenv("FAULT_HANG");
  if (!path || !is_meant(fd)) return;
  while (access(path, F_OK) == 0) pause();
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define WRITE_AT(name, offset_type)                                          \
  ssize_t name(int fd, const void *bytes, size_t count, offset_type offset) { \
    if (!fails(fd)) return REAL(name)(fd, bytes, count, offset);              \
    if (errno == ENOSPC && count > 1) return REAL(name)(fd, bytes, count / 2, offset); \
    return -1;                                                                \
  }
WRITE_AT(pwrite, off_t)
WRITE_AT(pwrite64, off64_t)

#define TRUNCATE(name, offset_type) \
  int name(int fd, offset_type length) { return fails(fd) ? -1 : REAL(name)(fd, length); }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define FLUSH(name)      \
  int name(int fd) {     \
    hang(fd);            \
    return fails(fd) ? -1 : REAL(name)(fd); \
  }
FLUSH(fsync)
FLUSH(fdatasync)
