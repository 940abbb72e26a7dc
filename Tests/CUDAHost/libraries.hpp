// The cuBLAS and cuSOLVER routines that tenbin calls, as plain loops with sums in double;
// column-major, as theirs.
#pragma once
#include <cstddef>
#include <cstdint>

namespace host {

using Pointer = uint64_t;

int32_t gemm(void *, int32_t transpose_a, int32_t transpose_b, int32_t m, int32_t n, int32_t k,
             const void *alpha, Pointer a, int32_t type_a, int32_t lda, Pointer b, int32_t type_b,
             int32_t ldb, const void *beta, Pointer c, int32_t type_c, int32_t ldc, int32_t compute,
             int32_t);

int32_t gemm_batched(void *, int32_t transpose_a, int32_t transpose_b, int32_t m, int32_t n,
                     int32_t k, const void *alpha, Pointer a, int32_t type_a, int32_t lda,
                     int64_t stride_a, Pointer b, int32_t type_b, int32_t ldb, int64_t stride_b,
                     const void *beta, Pointer c, int32_t type_c, int32_t ldc, int64_t stride_c,
                     int32_t count, int32_t compute, int32_t);

int32_t potrf_size(void *, void *, int32_t, int64_t, int32_t, Pointer, int64_t, int32_t,
                   size_t *device_bytes, size_t *host_bytes);
int32_t potrf(void *, void *, int32_t triangle, int64_t n, int32_t type, Pointer a, int64_t lda,
              int32_t, Pointer, size_t, void *, size_t, Pointer info);

int32_t trtri_size(void *, int32_t, int32_t, int64_t, int32_t, Pointer, int64_t,
                   size_t *device_bytes, size_t *host_bytes);
int32_t trtri(void *, int32_t triangle, int32_t, int64_t n, int32_t type, Pointer a, int64_t lda,
              Pointer, size_t, void *, size_t, Pointer info);

int32_t syevd_size(void *, void *, int32_t, int32_t, int64_t, int32_t, Pointer, int64_t, int32_t,
                   Pointer, int32_t, size_t *device_bytes, size_t *host_bytes);
int32_t syevd(void *, void *, int32_t, int32_t, int64_t n, int32_t, Pointer a, int64_t lda, int32_t,
              Pointer w, int32_t, Pointer, size_t, void *, size_t, Pointer info);

}  // namespace host
