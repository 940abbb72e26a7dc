#include "libraries.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace host {
namespace {

// cudaDataType's numbers.
enum { type_f32 = 0, type_f64 = 1, type_bf16 = 14 };
enum { lower = 0 };  // cublasFillMode_t

double load(Pointer pointer, int32_t type, int64_t place) {
  if (type == type_f64) return ((const double *)pointer)[place];
  if (type == type_f32) return ((const float *)pointer)[place];
  uint32_t bits = (uint32_t)((const uint16_t *)pointer)[place] << 16;
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

void store(Pointer pointer, int32_t type, int64_t place, double x) {
  if (type == type_f64) ((double *)pointer)[place] = x;
  else ((float *)pointer)[place] = (float)x;
}

template <typename Real> int32_t factorize(Real *a, int64_t n, int64_t lda, bool isLower) {
  // Of a symmetric matrix either triangle may be read; L is built where it belongs.
  auto at = [&](int64_t i, int64_t j) -> Real & { return isLower ? a[j * lda + i] : a[i * lda + j]; };
  for (int64_t j = 0; j < n; j++) {
    double pivot = at(j, j);
    for (int64_t k = 0; k < j; k++) pivot -= (double)at(j, k) * at(j, k);
    if (!(pivot > 0)) return (int32_t)j + 1;
    at(j, j) = (Real)std::sqrt(pivot);
    for (int64_t i = j + 1; i < n; i++) {
      double sum = at(i, j);
      for (int64_t k = 0; k < j; k++) sum -= (double)at(i, k) * at(j, k);
      at(i, j) = (Real)(sum / at(j, j));
    }
  }
  return 0;
}

template <typename Real> void invert(Real *a, int64_t n, int64_t lda, bool isLower) {
  auto at = [&](int64_t i, int64_t j) -> Real & { return isLower ? a[j * lda + i] : a[i * lda + j]; };
  for (int64_t j = 0; j < n; j++) {
    std::vector<double> column(n);
    for (int64_t i = j; i < n; i++) {
      double sum = i == j;
      for (int64_t k = j; k < i; k++) sum -= (double)at(i, k) * column[k];
      column[i] = sum / at(i, i);
    }
    // Later columns still need the diagonal and what is right of j only.
    for (int64_t i = j; i < n; i++) at(i, j) = (Real)column[i];
  }
}

}  // namespace

int32_t gemm(void *, int32_t transpose_a, int32_t transpose_b, int32_t m, int32_t n, int32_t k,
             const void *alpha, Pointer a, int32_t type_a, int32_t lda, Pointer b, int32_t type_b,
             int32_t ldb, const void *beta, Pointer c, int32_t type_c, int32_t ldc, int32_t compute,
             int32_t) {
  const bool isDouble = compute == 70;  // CUBLAS_COMPUTE_64F
  const double factor = isDouble ? *(const double *)alpha : *(const float *)alpha;
  const double keep = isDouble ? *(const double *)beta : *(const float *)beta;
  if (lda < (transpose_a ? k : m) || ldb < (transpose_b ? n : k) || ldc < m) return 7;
  for (int64_t j = 0; j < n; j++)
    for (int64_t i = 0; i < m; i++) {
      double sum = 0;
      for (int64_t l = 0; l < k; l++)
        sum += load(a, type_a, transpose_a ? i * lda + l : l * lda + i) *
               load(b, type_b, transpose_b ? l * ldb + j : j * ldb + l);
      const int64_t place = j * ldc + i;
      store(c, type_c, place, factor * sum + (keep == 0 ? 0 : keep * load(c, type_c, place)));
    }
  return 0;
}

int32_t gemm_batched(void *handle, int32_t transpose_a, int32_t transpose_b, int32_t m, int32_t n,
                     int32_t k, const void *alpha, Pointer a, int32_t type_a, int32_t lda,
                     int64_t stride_a, Pointer b, int32_t type_b, int32_t ldb, int64_t stride_b,
                     const void *beta, Pointer c, int32_t type_c, int32_t ldc, int64_t stride_c,
                     int32_t count, int32_t compute, int32_t algorithm) {
  auto place = [](Pointer pointer, int32_t type, int64_t numbers) {
    return pointer + numbers * (type == type_f64 ? 8 : type == type_f32 ? 4 : 2);
  };
  for (int32_t i = 0; i < count; i++)
    if (int32_t code = gemm(handle, transpose_a, transpose_b, m, n, k, alpha,
                            place(a, type_a, i * stride_a), type_a, lda,
                            place(b, type_b, i * stride_b), type_b, ldb, beta,
                            place(c, type_c, i * stride_c), type_c, ldc, compute, algorithm))
      return code;
  return 0;
}

int32_t potrf_size(void *, void *, int32_t, int64_t, int32_t, Pointer, int64_t, int32_t,
                   size_t *device_bytes, size_t *host_bytes) {
  *device_bytes = *host_bytes = 0;
  return 0;
}

int32_t potrf(void *, void *, int32_t triangle, int64_t n, int32_t type, Pointer a, int64_t lda,
              int32_t, Pointer, size_t, void *, size_t, Pointer info) {
  *(int32_t *)info = type == type_f64 ? factorize((double *)a, n, lda, triangle == lower)
                                      : factorize((float *)a, n, lda, triangle == lower);
  return 0;
}

int32_t trtri_size(void *, int32_t, int32_t, int64_t, int32_t, Pointer, int64_t,
                   size_t *device_bytes, size_t *host_bytes) {
  *device_bytes = *host_bytes = 0;
  return 0;
}

int32_t trtri(void *, int32_t triangle, int32_t, int64_t n, int32_t type, Pointer a, int64_t lda,
              Pointer, size_t, void *, size_t, Pointer info) {
  *(int32_t *)info = 0;
  if (type == type_f64) invert((double *)a, n, lda, triangle == lower);
  else invert((float *)a, n, lda, triangle == lower);
  return 0;
}

int32_t syevd_size(void *, void *, int32_t, int32_t, int64_t, int32_t, Pointer, int64_t, int32_t,
                   Pointer, int32_t, size_t *device_bytes, size_t *host_bytes) {
  *device_bytes = *host_bytes = 0;
  return 0;
}

// Jacobi's rotations, in double.
int32_t syevd(void *, void *, int32_t, int32_t, int64_t n, int32_t, Pointer a, int64_t lda, int32_t,
              Pointer w, int32_t, Pointer, size_t, void *, size_t, Pointer info) {
  double *matrix = (double *)a, *values = (double *)w;
  auto at = [&](int64_t i, int64_t j) -> double & { return matrix[j * lda + i]; };
  for (int sweep = 0; sweep < 60; sweep++) {
    double off = 0, all = 0;
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < n; j++) (i == j ? all : off) += at(i, j) * at(i, j);
    if (off <= 1e-30 * (all + off)) break;
    for (int64_t p = 0; p < n; p++)
      for (int64_t q = p + 1; q < n; q++) {
        if (at(p, q) == 0) continue;
        const double theta = (at(q, q) - at(p, p)) / (2 * at(p, q));
        const double t = (theta < 0 ? -1 : 1) / (std::fabs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        for (int64_t k = 0; k < n; k++) {
          const double x = at(k, p), y = at(k, q);
          at(k, p) = c * x - s * y;
          at(k, q) = s * x + c * y;
        }
        for (int64_t k = 0; k < n; k++) {
          const double x = at(p, k), y = at(q, k);
          at(p, k) = c * x - s * y;
          at(q, k) = s * x + c * y;
        }
      }
  }
  for (int64_t i = 0; i < n; i++) values[i] = at(i, i);
  std::sort(values, values + n);
  *(int32_t *)info = 0;
  return 0;
}

}  // namespace host
