#ifndef CMALLOC_H
#define CMALLOC_H

#include <stddef.h>

#ifdef __APPLE__
#include <malloc/malloc.h>
#else
#include <malloc.h>
#endif

/// Bytes of heap in use by this process. Swift's Glibc module leaves malloc.h out.
static inline size_t heap_bytes_in_use(void) {
#ifdef __APPLE__
  malloc_statistics_t statistics;
  malloc_zone_statistics(NULL, &statistics);
  return statistics.size_in_use;
#else
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

/// Gives heap that is free back to the system, as far as it can be, so that resident memory is what is in use.
static inline void heap_trim(void) {
#ifdef __APPLE__
  malloc_zone_pressure_relief(NULL, 0);
#else
  malloc_trim(0);
#endif
}

#endif
