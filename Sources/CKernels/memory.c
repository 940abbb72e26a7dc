#include <stdlib.h>

#include "ckernels.h"

#ifdef __GLIBC__
#include <malloc.h>
void tenbin_keep_freed_memory(void) {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 192 << 20);
}
#else
void tenbin_keep_freed_memory(void) {}
#endif

int tenbin_has_avx512(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
  return 0;
#endif
}
