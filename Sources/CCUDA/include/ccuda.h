// The part of NVIDIA's driver, cuBLAS, cuSOLVER and NVRTC that tenbin calls, as a table of function
// pointers that is filled at run time: no header and no library of theirs is needed to build.
// Prototypes are ours, after the public API references. Every function returns 0 for success.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef uint64_t tenbin_device_pointer;
typedef void *_Nullable tenbin_handle;

// X(library, field, symbol, (parameters))
#define TENBIN_CUDA_FUNCTIONS(X)                                                                   \
  X(driver, initialize, cuInit, (uint32_t flags))                                                  \
  X(driver, driver_version, cuDriverGetVersion, (int32_t *_Nonnull version))                       \
  X(driver, error_string, cuGetErrorString,                                                        \
    (int32_t error, const char *_Nullable *_Nonnull text))                                         \
  X(driver, device_count, cuDeviceGetCount, (int32_t *_Nonnull count))                             \
  X(driver, device_get, cuDeviceGet, (int32_t *_Nonnull device, int32_t ordinal))                  \
  X(driver, device_name, cuDeviceGetName,                                                          \
    (char *_Nonnull name, int32_t length, int32_t device))                                         \
  X(driver, device_attribute, cuDeviceGetAttribute,                                                \
    (int32_t *_Nonnull value, int32_t attribute, int32_t device))                                  \
  X(driver, device_memory, cuDeviceTotalMem_v2, (size_t *_Nonnull bytes, int32_t device))          \
  X(driver, context_retain, cuDevicePrimaryCtxRetain,                                              \
    (tenbin_handle *_Nonnull context, int32_t device))                                             \
  X(driver, context_release, cuDevicePrimaryCtxRelease_v2, (int32_t device))                       \
  X(driver, context_set, cuCtxSetCurrent, (tenbin_handle context))                                 \
  X(driver, memory_info, cuMemGetInfo_v2, (size_t *_Nonnull free, size_t *_Nonnull total))         \
  X(driver, default_pool, cuDeviceGetDefaultMemPool,                                               \
    (tenbin_handle *_Nonnull pool, int32_t device))                                                \
  X(driver, pool_set, cuMemPoolSetAttribute,                                                       \
    (tenbin_handle pool, int32_t attribute, void *_Nonnull value))                                 \
  X(driver, pool_get, cuMemPoolGetAttribute,                                                       \
    (tenbin_handle pool, int32_t attribute, void *_Nonnull value))                                 \
  X(driver, pool_access, cuMemPoolSetAccess,                                                       \
    (tenbin_handle pool, const void *_Nonnull descriptions, size_t count))                         \
  X(driver, device_peer, cuDeviceCanAccessPeer,                                                    \
    (int32_t *_Nonnull possible, int32_t device, int32_t peer))                                    \
  X(driver, copy_peer, cuMemcpyPeerAsync,                                                          \
    (tenbin_device_pointer to, tenbin_handle to_context, tenbin_device_pointer from,               \
     tenbin_handle from_context, size_t bytes, tenbin_handle stream))                              \
  X(driver, allocate, cuMemAllocAsync,                                                             \
    (tenbin_device_pointer * _Nonnull pointer, size_t bytes, tenbin_handle stream))                \
  X(driver, release, cuMemFreeAsync, (tenbin_device_pointer pointer, tenbin_handle stream))        \
  X(driver, host_allocate, cuMemHostAlloc,                                                         \
    (void *_Nullable *_Nonnull pointer, size_t bytes, uint32_t flags))                             \
  X(driver, host_release, cuMemFreeHost, (void *_Nonnull pointer))                                 \
  X(driver, copy_up, cuMemcpyHtoDAsync_v2,                                                         \
    (tenbin_device_pointer to, const void *_Nonnull from, size_t bytes, tenbin_handle stream))     \
  X(driver, copy_down, cuMemcpyDtoHAsync_v2,                                                       \
    (void *_Nonnull to, tenbin_device_pointer from, size_t bytes, tenbin_handle stream))           \
  X(driver, copy_across, cuMemcpyDtoDAsync_v2,                                                     \
    (tenbin_device_pointer to, tenbin_device_pointer from, size_t bytes, tenbin_handle stream))    \
  X(driver, fill_bytes, cuMemsetD8Async,                                                           \
    (tenbin_device_pointer to, uint8_t value, size_t count, tenbin_handle stream))                 \
  X(driver, stream_create, cuStreamCreate, (tenbin_handle * _Nonnull stream, uint32_t flags))      \
  X(driver, stream_destroy, cuStreamDestroy_v2, (tenbin_handle stream))                            \
  X(driver, stream_synchronize, cuStreamSynchronize, (tenbin_handle stream))                       \
  X(driver, stream_wait, cuStreamWaitEvent,                                                        \
    (tenbin_handle stream, tenbin_handle event, uint32_t flags))                                   \
  X(driver, event_create, cuEventCreate, (tenbin_handle * _Nonnull event, uint32_t flags))         \
  X(driver, event_destroy, cuEventDestroy_v2, (tenbin_handle event))                               \
  X(driver, event_record, cuEventRecord, (tenbin_handle event, tenbin_handle stream))              \
  X(driver, event_synchronize, cuEventSynchronize, (tenbin_handle event))                          \
  X(driver, event_elapsed, cuEventElapsedTime,                                                     \
    (float *_Nonnull milliseconds, tenbin_handle start, tenbin_handle end))                        \
  X(driver, module_load, cuModuleLoadData,                                                         \
    (tenbin_handle * _Nonnull module, const void *_Nonnull image))                                 \
  X(driver, module_unload, cuModuleUnload, (tenbin_handle module))                                 \
  X(driver, module_function, cuModuleGetFunction,                                                  \
    (tenbin_handle * _Nonnull function, tenbin_handle module, const char *_Nonnull name))          \
  X(driver, function_set, cuFuncSetAttribute,                                                      \
    (tenbin_handle function, int32_t attribute, int32_t value))                                    \
  X(driver, launch, cuLaunchKernel,                                                                \
    (tenbin_handle function, uint32_t grid_x, uint32_t grid_y, uint32_t grid_z, uint32_t block_x,  \
     uint32_t block_y, uint32_t block_z, uint32_t shared_bytes, tenbin_handle stream,              \
     void *_Nullable *_Nullable parameters, void *_Nullable *_Nullable extra))                     \
  X(compiler, compiler_version, nvrtcVersion,                                                      \
    (int32_t *_Nonnull major, int32_t *_Nonnull minor))                                            \
  X(compiler, program_create, nvrtcCreateProgram,                                                  \
    (tenbin_handle * _Nonnull program, const char *_Nonnull source, const char *_Nullable name,    \
     int32_t header_count, const char *_Nullable const *_Nullable headers,                         \
     const char *_Nullable const *_Nullable header_names))                                         \
  X(compiler, program_compile, nvrtcCompileProgram,                                                \
    (tenbin_handle program, int32_t count, const char *_Nullable const *_Nullable options))        \
  X(compiler, program_log_size, nvrtcGetProgramLogSize,                                            \
    (tenbin_handle program, size_t *_Nonnull size))                                                \
  X(compiler, program_log, nvrtcGetProgramLog, (tenbin_handle program, char *_Nonnull log))        \
  X(compiler, cubin_size, nvrtcGetCUBINSize, (tenbin_handle program, size_t *_Nonnull size))       \
  X(compiler, cubin, nvrtcGetCUBIN, (tenbin_handle program, char *_Nonnull cubin))                 \
  X(compiler, program_destroy, nvrtcDestroyProgram, (tenbin_handle * _Nonnull program))            \
  X(blas, blas_create, cublasCreate_v2, (tenbin_handle * _Nonnull handle))                         \
  X(blas, blas_destroy, cublasDestroy_v2, (tenbin_handle handle))                                  \
  X(blas, blas_version, cublasGetVersion_v2, (tenbin_handle handle, int32_t *_Nonnull version))    \
  X(blas, blas_set_stream, cublasSetStream_v2, (tenbin_handle handle, tenbin_handle stream))       \
  X(blas, blas_set_workspace, cublasSetWorkspace_v2,                                               \
    (tenbin_handle handle, tenbin_device_pointer workspace, size_t bytes))                         \
  X(blas, gemm, cublasGemmEx,                                                                      \
    (tenbin_handle handle, int32_t transpose_a, int32_t transpose_b, int32_t m, int32_t n,         \
     int32_t k, const void *_Nonnull alpha, tenbin_device_pointer a, int32_t type_a, int32_t lda,  \
     tenbin_device_pointer b, int32_t type_b, int32_t ldb, const void *_Nonnull beta,              \
     tenbin_device_pointer c, int32_t type_c, int32_t ldc, int32_t compute, int32_t algorithm))    \
  X(blas, gemm_batched, cublasGemmStridedBatchedEx,                                                \
    (tenbin_handle handle, int32_t transpose_a, int32_t transpose_b, int32_t m, int32_t n,         \
     int32_t k, const void *_Nonnull alpha, tenbin_device_pointer a, int32_t type_a, int32_t lda,  \
     int64_t stride_a, tenbin_device_pointer b, int32_t type_b, int32_t ldb, int64_t stride_b,     \
     const void *_Nonnull beta, tenbin_device_pointer c, int32_t type_c, int32_t ldc,              \
     int64_t stride_c, int32_t count, int32_t compute, int32_t algorithm))                         \
  X(solver, solver_create, cusolverDnCreate, (tenbin_handle * _Nonnull handle))                    \
  X(solver, solver_destroy, cusolverDnDestroy, (tenbin_handle handle))                             \
  X(solver, solver_set_stream, cusolverDnSetStream, (tenbin_handle handle, tenbin_handle stream))  \
  X(solver, solver_parameters, cusolverDnCreateParams, (tenbin_handle * _Nonnull parameters))      \
  X(solver, solver_parameters_destroy, cusolverDnDestroyParams, (tenbin_handle parameters))        \
  X(solver, potrf_size, cusolverDnXpotrf_bufferSize,                                               \
    (tenbin_handle handle, tenbin_handle parameters, int32_t triangle, int64_t n, int32_t type_a,  \
     tenbin_device_pointer a, int64_t lda, int32_t compute, size_t *_Nonnull device_bytes,         \
     size_t *_Nonnull host_bytes))                                                                 \
  X(solver, potrf, cusolverDnXpotrf,                                                               \
    (tenbin_handle handle, tenbin_handle parameters, int32_t triangle, int64_t n, int32_t type_a,  \
     tenbin_device_pointer a, int64_t lda, int32_t compute, tenbin_device_pointer device_work,     \
     size_t device_bytes, void *_Nullable host_work, size_t host_bytes,                            \
     tenbin_device_pointer info))                                                                  \
  X(solver, trtri_size, cusolverDnXtrtri_bufferSize,                                               \
    (tenbin_handle handle, int32_t triangle, int32_t diagonal, int64_t n, int32_t type_a,          \
     tenbin_device_pointer a, int64_t lda, size_t *_Nonnull device_bytes,                          \
     size_t *_Nonnull host_bytes))                                                                 \
  X(solver, trtri, cusolverDnXtrtri,                                                               \
    (tenbin_handle handle, int32_t triangle, int32_t diagonal, int64_t n, int32_t type_a,          \
     tenbin_device_pointer a, int64_t lda, tenbin_device_pointer device_work, size_t device_bytes, \
     void *_Nullable host_work, size_t host_bytes, tenbin_device_pointer info))                    \
  X(solver, syevd_size, cusolverDnXsyevd_bufferSize,                                               \
    (tenbin_handle handle, tenbin_handle parameters, int32_t vectors, int32_t triangle, int64_t n, \
     int32_t type_a, tenbin_device_pointer a, int64_t lda, int32_t type_w,                         \
     tenbin_device_pointer w, int32_t compute, size_t *_Nonnull device_bytes,                      \
     size_t *_Nonnull host_bytes))                                                                 \
  X(solver, syevd, cusolverDnXsyevd,                                                               \
    (tenbin_handle handle, tenbin_handle parameters, int32_t vectors, int32_t triangle, int64_t n, \
     int32_t type_a, tenbin_device_pointer a, int64_t lda, int32_t type_w,                         \
     tenbin_device_pointer w, int32_t compute, tenbin_device_pointer device_work,                  \
     size_t device_bytes, void *_Nullable host_work, size_t host_bytes,                            \
     tenbin_device_pointer info))

#define TENBIN_FIELD(library, field, symbol, parameters) int32_t (*_Nonnull field) parameters;
typedef struct {
  TENBIN_CUDA_FUNCTIONS(TENBIN_FIELD)
} tenbin_cuda_api;
#undef TENBIN_FIELD

// The libraries as dlopen gave them.
typedef struct {
  void *_Nonnull driver, *_Nonnull compiler, *_Nonnull blas, *_Nonnull solver;
} tenbin_cuda_libraries;

// Fills `api` from `libraries`. Returns the first symbol that is missing, or NULL.
const char *_Nullable tenbin_cuda_bind(tenbin_cuda_libraries libraries,
                                       tenbin_cuda_api *_Nonnull api);

// The source of a file of CUDA/Kernels, such as "norms.cu", ended by a 0; NULL for any other name.
const char *_Nullable tenbin_cuda_source(const char *_Nonnull name);
