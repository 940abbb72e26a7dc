#include <dlfcn.h>

#include "ccuda.h"

const char *tenbin_cuda_bind(tenbin_cuda_libraries libraries, tenbin_cuda_api *api) {
  void *found;
#define TENBIN_BIND(library, field, symbol, parameters)     \
  if (!(found = dlsym(libraries.library, #symbol))) return #symbol; \
  *(void **)&api->field = found;
  TENBIN_CUDA_FUNCTIONS(TENBIN_BIND)
  return 0;
}
