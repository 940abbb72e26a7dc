#define _GNU_SOURCE
#include <sched.h>

#include "ckernels.h"

static _Thread_local bool is_inside;

bool tenbin_is_parallel(void) { return is_inside; }

bool tenbin_set_parallel(bool inside) {
  bool was = is_inside;
  is_inside = inside;
  return was;
}

int tenbin_usable_cores(void) {
#ifdef CPU_COUNT
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) return CPU_COUNT(&cores);
#endif
  return 0;
}
