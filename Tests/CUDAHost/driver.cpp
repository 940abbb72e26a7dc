#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ccuda.h"
#include "cuda_host.h"
#include "kernels.hpp"
#include "libraries.hpp"
#include "threads.hpp"

namespace {

// One call at a time: the kernels' shared memory is static here.
std::recursive_mutex turn;
uint32_t first_thread;
std::map<tenbin_device_pointer, size_t> blocks;
size_t bytes_in_use;

template <typename T> T *at(tenbin_device_pointer pointer) { return (T *)(uintptr_t)pointer; }

int32_t initialize(uint32_t) { return 0; }
int32_t driver_version(int32_t *version) {
  *version = 13000;
  return 0;
}
int32_t error_string(int32_t, const char **text) {
  *text = "an error of the CPU's device";
  return 0;
}
int32_t device_count(int32_t *count) {
  *count = 1;
  return 0;
}
int32_t device_get(int32_t *device, int32_t ordinal) {
  *device = ordinal;
  return 0;
}
int32_t device_name(char *name, int32_t length, int32_t) {
  strncpy(name, "the CPU's device", length);
  return 0;
}
int32_t device_attribute(int32_t *value, int32_t attribute, int32_t) {
  *value = attribute == 75 ? 9 : attribute == 16 ? 4 : 0;  // compute capability 9.0, 4 processors
  return 0;
}
int32_t device_memory(size_t *bytes, int32_t) {
  *bytes = (size_t)1 << 30;
  return 0;
}
int32_t context_retain(tenbin_handle *context, int32_t) {
  *context = nullptr;
  return 0;
}
int32_t context_release(int32_t) { return 0; }
int32_t handle_nothing(tenbin_handle) { return 0; }
int32_t memory_info(size_t *free, size_t *total) {
  *total = (size_t)1 << 30;
  *free = *total - bytes_in_use;
  return 0;
}
int32_t default_pool(tenbin_handle *pool, int32_t) {
  *pool = nullptr;
  return 0;
}
int32_t pool_set(tenbin_handle, int32_t, void *) { return 0; }
int32_t pool_get(tenbin_handle, int32_t, void *value) {
  *(uint64_t *)value = bytes_in_use;
  return 0;
}

// Fresh memory is full of NaNs, so that what nobody wrote is seen.
int32_t allocate(tenbin_device_pointer *pointer, size_t bytes, tenbin_handle) {
  std::lock_guard lock(turn);
  if (bytes == 0) return 1;
  if (bytes_in_use + bytes > (size_t)1 << 30) return 2;
  void *memory = aligned_alloc(256, (bytes + 255) / 256 * 256);
  if (!memory) return 2;
  memset(memory, 0xff, bytes);
  *pointer = (tenbin_device_pointer)(uintptr_t)memory;
  blocks[*pointer] = bytes;
  bytes_in_use += bytes;
  return 0;
}
int32_t release(tenbin_device_pointer pointer, tenbin_handle) {
  std::lock_guard lock(turn);
  auto block = blocks.find(pointer);
  if (block == blocks.end()) return 1;
  bytes_in_use -= block->second;
  free(at<void>(pointer));
  blocks.erase(block);
  return 0;
}
int32_t host_allocate(void **pointer, size_t bytes, uint32_t) {
  *pointer = malloc(bytes);
  return *pointer ? 0 : 2;
}
int32_t host_release(void *pointer) {
  free(pointer);
  return 0;
}
int32_t copy_up(tenbin_device_pointer to, const void *from, size_t bytes, tenbin_handle) {
  memcpy(at<void>(to), from, bytes);
  return 0;
}
int32_t copy_down(void *to, tenbin_device_pointer from, size_t bytes, tenbin_handle) {
  memcpy(to, at<void>(from), bytes);
  return 0;
}
int32_t copy_across(tenbin_device_pointer to, tenbin_device_pointer from, size_t bytes,
                    tenbin_handle) {
  memmove(at<void>(to), at<void>(from), bytes);
  return 0;
}
int32_t copy_peer(tenbin_device_pointer to, tenbin_handle, tenbin_device_pointer from, tenbin_handle,
                  size_t bytes, tenbin_handle stream) {
  return copy_across(to, from, bytes, stream);
}
int32_t pool_access(tenbin_handle, const void *, size_t) { return 0; }
int32_t device_peer(int32_t *possible, int32_t, int32_t) {
  *possible = 1;
  return 0;
}
int32_t fill_bytes(tenbin_device_pointer to, uint8_t value, size_t count, tenbin_handle) {
  memset(at<void>(to), value, count);
  return 0;
}

int32_t make_handle(tenbin_handle *handle, uint32_t) {
  *handle = nullptr;
  return 0;
}
int32_t stream_wait(tenbin_handle, tenbin_handle, uint32_t) { return 0; }
int32_t handle_pair(tenbin_handle, tenbin_handle) { return 0; }
int32_t event_elapsed(float *milliseconds, tenbin_handle, tenbin_handle) {
  *milliseconds = 1;
  return 0;
}

// A "cubin" here is the options of its compilation, one a line: what the kernels' names end in.
struct Program {
  std::string options;
};
int32_t module_load(tenbin_handle *module, const void *image) {
  *module = new std::string((const char *)image);
  return 0;
}
int32_t module_unload(tenbin_handle module) {
  delete (std::string *)module;
  return 0;
}
int32_t module_function(tenbin_handle *function, tenbin_handle module, const char *name) {
  std::string wanted = name;
  const std::string &options = *(std::string *)module, width = "-DHEAD_WIDTH=";
  if (size_t place = options.find(width); place != std::string::npos)
    wanted += options.substr(place + width.size(), options.find('\n', place) - place - width.size());
  auto found = host::kernels().find(wanted);
  if (found == host::kernels().end()) return 500;
  *function = (void *)&found->second;
  return 0;
}
int32_t function_set(tenbin_handle, int32_t, int32_t) { return 0; }
int32_t launch(tenbin_handle function, uint32_t grid_x, uint32_t grid_y, uint32_t grid_z,
               uint32_t block_x, uint32_t block_y, uint32_t block_z, uint32_t shared_bytes,
               tenbin_handle, void **parameters, void **) {
  std::lock_guard lock(turn);
  if (grid_x * grid_y * grid_z == 0 || grid_y > 65535 || grid_z > 65535) return 1;
  if (block_x * block_y * block_z > 1024 || shared_bytes > 227 << 10) return 1;
  const host::Kernel &kernel = *(const host::Kernel *)function;
  const bool ended = host::run_grid({grid_x, grid_y, grid_z}, {block_x, block_y, block_z},
                                    shared_bytes, first_thread, [&] { kernel(parameters); });
  return ended ? 0 : 702;  // the driver's code for a kernel that does not end
}

int32_t compiler_version(int32_t *major, int32_t *minor) {
  *major = 13;
  *minor = 0;
  return 0;
}
int32_t program_create(tenbin_handle *program, const char *, const char *, int32_t,
                       const char *const *, const char *const *) {
  *program = new Program();
  return 0;
}
int32_t program_compile(tenbin_handle program, int32_t count, const char *const *options) {
  for (int32_t i = 0; i < count; i++)
    ((Program *)program)->options += std::string(options[i]) + "\n";
  return 0;
}
int32_t program_log_size(tenbin_handle, size_t *size) {
  *size = 1;
  return 0;
}
int32_t program_log(tenbin_handle, char *log) {
  *log = 0;
  return 0;
}
int32_t cubin_size(tenbin_handle program, size_t *size) {
  *size = ((Program *)program)->options.size() + 1;
  return 0;
}
int32_t cubin(tenbin_handle program, char *to) {
  const std::string &options = ((Program *)program)->options;
  memcpy(to, options.c_str(), options.size() + 1);
  return 0;
}
int32_t program_destroy(tenbin_handle *program) {
  delete (Program *)*program;
  *program = nullptr;
  return 0;
}

int32_t create(tenbin_handle *handle) {
  *handle = nullptr;
  return 0;
}
int32_t blas_version(tenbin_handle, int32_t *version) {
  *version = 130000;
  return 0;
}
int32_t blas_set_workspace(tenbin_handle, tenbin_device_pointer, size_t) { return 0; }

}  // namespace

extern "C" void tenbin_host_cuda(void *to) {
  tenbin_cuda_api &api = *(tenbin_cuda_api *)to;
  api.initialize = initialize;
  api.driver_version = driver_version;
  api.error_string = error_string;
  api.device_count = device_count;
  api.device_get = device_get;
  api.device_name = device_name;
  api.device_attribute = device_attribute;
  api.device_memory = device_memory;
  api.context_retain = context_retain;
  api.context_release = context_release;
  api.context_set = handle_nothing;
  api.memory_info = memory_info;
  api.default_pool = default_pool;
  api.pool_set = pool_set;
  api.pool_get = pool_get;
  api.allocate = allocate;
  api.release = release;
  api.host_allocate = host_allocate;
  api.host_release = host_release;
  api.copy_up = copy_up;
  api.copy_down = copy_down;
  api.copy_across = copy_across;
  api.copy_peer = copy_peer;
  api.pool_access = pool_access;
  api.device_peer = device_peer;
  api.fill_bytes = fill_bytes;
  api.stream_create = make_handle;
  api.stream_destroy = handle_nothing;
  api.stream_synchronize = handle_nothing;
  api.stream_wait = stream_wait;
  api.event_create = make_handle;
  api.event_destroy = handle_nothing;
  api.event_record = handle_pair;
  api.event_synchronize = handle_nothing;
  api.event_elapsed = event_elapsed;
  api.module_load = module_load;
  api.module_unload = module_unload;
  api.module_function = module_function;
  api.function_set = function_set;
  api.launch = launch;
  api.compiler_version = compiler_version;
  api.program_create = program_create;
  api.program_compile = program_compile;
  api.program_log_size = program_log_size;
  api.program_log = program_log;
  api.cubin_size = cubin_size;
  api.cubin = cubin;
  api.program_destroy = program_destroy;
  api.blas_create = create;
  api.blas_destroy = handle_nothing;
  api.blas_version = blas_version;
  api.blas_set_stream = handle_pair;
  api.blas_set_workspace = blas_set_workspace;
  api.gemm = host::gemm;
  api.gemm_batched = host::gemm_batched;
  api.solver_create = create;
  api.solver_destroy = handle_nothing;
  api.solver_set_stream = handle_pair;
  api.solver_parameters = create;
  api.solver_parameters_destroy = handle_nothing;
  api.potrf_size = host::potrf_size;
  api.potrf = host::potrf;
  api.trtri_size = host::trtri_size;
  api.trtri = host::trtri;
  api.syevd_size = host::syevd_size;
  api.syevd = host::syevd;
}

extern "C" size_t tenbin_host_cuda_bytes(void) {
  std::lock_guard lock(turn);
  return bytes_in_use;
}

extern "C" void tenbin_host_cuda_rotate(uint32_t thread) { first_thread = thread; }

// A launch by name, for scripts.
extern "C" int32_t tenbin_host_launch(const char *name, uint32_t grid_x, uint32_t grid_y,
                                      uint32_t grid_z, uint32_t block_x, uint32_t block_y,
                                      uint32_t block_z, uint32_t shared_bytes, uint32_t first,
                                      void **parameters) {
  auto found = host::kernels().find(name);
  if (found == host::kernels().end()) return 500;
  tenbin_host_cuda_rotate(first);
  return launch((void *)&found->second, grid_x, grid_y, grid_z, block_x, block_y, block_z,
                shared_bytes, nullptr, parameters, nullptr);
}
