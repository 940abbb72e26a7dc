// Hessians between their products and their factorization: symmetric matrices (n, n), row-major.
#include "device.cuh"

// The lower triangle := the upper one, scaled; the upper one is scaled in place.
KERNEL BOUNDS(256, 2) void mirror_upper(float *h, i32 n, float factor) {
  __shared__ float tile[32][33];
  const i32 rowBlock = blockIdx.y, columnBlock = blockIdx.x;
  if (columnBlock < rowBlock) return;
  for (i32 i = threadIdx.y; i < 32; i += blockDim.y) {
    const i32 row = rowBlock * 32 + i, column = columnBlock * 32 + threadIdx.x;
    if (row < n && column < n && row <= column) {
      const float value = h[(i64)row * n + column] * factor;
      h[(i64)row * n + column] = value;
      tile[i][threadIdx.x] = value;
    }
  }
  __syncthreads();
  for (i32 i = threadIdx.y; i < 32; i += blockDim.y) {
    const i32 row = columnBlock * 32 + i, column = rowBlock * 32 + threadIdx.x;
    if (row < n && column < n && column < row) h[(i64)row * n + column] = tile[threadIdx.x][i];
  }
}

// out[i] := x[i, i]
template <typename Real> DEVICE void diagonal(const Real *x, Real *out, i32 n) {
  for (i64 i = global_thread(); i < n; i += global_threads()) out[i] = x[i * n + i];
}
KERNEL BOUNDS(256, 2) void diagonal_f32(const float *x, float *out, i32 n) { diagonal(x, out, n); }
KERNEL BOUNDS(256, 2) void diagonal_f64(const double *x, double *out, i32 n) {
  diagonal(x, out, n);
}

// out := H in the column order `order`, its diagonal taken from `diagonal` (in that order, damped),
// and then reversed along rows and columns: what the flipped factorization starts from. A block a row.
template <typename Real>
DEVICE void order_and_flip(const float *h, const i32 *order, const double *diagonal, Real *out,
                           i32 n) {
  const i32 row = n - 1 - (i32)blockIdx.x;
  h += (i64)order[row] * n;
  out += (i64)blockIdx.x * n;
  for (i32 i = threadIdx.x; i < n; i += blockDim.x) {
    const i32 column = n - 1 - i;
    out[i] = row == column ? (Real)diagonal[row] : (Real)h[order[column]];
  }
}
KERNEL BOUNDS(256, 2) void order_and_flip_f32(const float *h, const i32 *order,
                                              const double *diagonal, float *out, i32 n) {
  order_and_flip(h, order, diagonal, out, n);
}
KERNEL BOUNDS(256, 2) void order_and_flip_f64(const float *h, const i32 *order,
                                              const double *diagonal, double *out, i32 n) {
  order_and_flip(h, order, diagonal, out, n);
}

// x := x with rows and columns reversed: (i, j) and (n-1-i, n-1-j) change places.
template <typename Real> DEVICE void flip(Real *x, i64 count) {
  for (i64 i = global_thread(); i < count / 2; i += global_threads()) {
    const Real first = x[i];
    x[i] = x[count - 1 - i];
    x[count - 1 - i] = first;
  }
}
KERNEL BOUNDS(256, 2) void flip_f32(float *x, i64 count) { flip(x, count); }
KERNEL BOUNDS(256, 2) void flip_f64(double *x, i64 count) { flip(x, count); }

// Sets the triangle below (or above) the diagonal to 0, row-major, a block a row.
template <typename Real> DEVICE void clear_triangle(Real *x, i32 n, i32 above) {
  const i32 row = blockIdx.x, first = above ? row + 1 : 0, end = above ? n : row;
  x += (i64)row * n;
  for (i32 i = first + threadIdx.x; i < end; i += blockDim.x) x[i] = 0;
}
KERNEL BOUNDS(256, 2) void clear_triangle_f32(float *x, i32 n, i32 above) {
  clear_triangle(x, n, above);
}
KERNEL BOUNDS(256, 2) void clear_triangle_f64(double *x, i32 n, i32 above) {
  clear_triangle(x, n, above);
}

// out[i, j] := (double) H[kept[i], kept[j]], a block a row.
KERNEL BOUNDS(256, 2) void gather_symmetric(const float *h, const i32 *kept, double *out, i32 count,
                                            i32 n) {
  h += (i64)kept[blockIdx.x] * n;
  out += (i64)blockIdx.x * count;
  for (i32 i = threadIdx.x; i < count; i += blockDim.x) out[i] = h[kept[i]];
}

// out := D in the order `order` of rows and columns, a block a row.
template <typename Real>
DEVICE void reorder(const float *d, const i32 *order, Real *out, i32 n) {
  d += (i64)order[blockIdx.x] * n;
  out += (i64)blockIdx.x * n;
  for (i32 i = threadIdx.x; i < n; i += blockDim.x) out[i] = (Real)d[order[i]];
}
KERNEL BOUNDS(256, 2) void reorder_f32(const float *d, const i32 *order, float *out, i32 n) {
  reorder(d, order, out, n);
}
KERNEL BOUNDS(256, 2) void reorder_f64(const float *d, const i32 *order, double *out, i32 n) {
  reorder(d, order, out, n);
}

// x := share · x above the diagonal, 0 on and below it, a block a row.
template <typename Real> DEVICE void keep_above(Real *x, Real share, i32 n) {
  x += (i64)blockIdx.x * n;
  for (i32 i = threadIdx.x; i < n; i += blockDim.x) x[i] = i > (i32)blockIdx.x ? share * x[i] : 0;
}
KERNEL BOUNDS(256, 2) void keep_above_f32(float *x, float share, i32 n) { keep_above(x, share, n); }
KERNEL BOUNDS(256, 2) void keep_above_f64(double *x, double share, i32 n) {
  keep_above(x, share, n);
}
