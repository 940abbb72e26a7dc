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
