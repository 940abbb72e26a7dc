#include <stdlib.h>

#include "ckernels.h"

#ifdef __GLIBC__
#include <malloc.h>
#include <sys/resource.h>
void tenbin_keep_freed_memory(void) {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 192 << 20);
  // Each heap beside the first sets 64 MB of addresses aside.
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) mallopt(M_ARENA_MAX, 1);
}
#else
void tenbin_keep_freed_memory(void) {}
#endif
