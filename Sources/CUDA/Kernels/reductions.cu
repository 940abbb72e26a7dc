// Sums over whole matrices, in double and without atomics: the same bits in each run.
#include "device.cuh"

// The grid gives one partial sum a block; `finish_sum` adds those up.
#define PARTIAL_SUM(name, parameters, term)                                             \
  KERNEL BOUNDS(256, 2) void name(parameters, double *partial, i64 count) {             \
    __shared__ double room[32];                                                         \
    double sum = 0;                                                                     \
    for (i64 i = global_thread(); i < count; i += global_threads()) sum += term;        \
    sum = block_sum(sum, room);                                                         \
    if (threadIdx.x == 0) partial[blockIdx.x] = sum;                                    \
  }
#define ONE const float *x
#define TWO const float *x, const float *y

// ‖x‖², ‖x − y‖² and x·y.
PARTIAL_SUM(squared_norm, ONE, (double)x[i] * (double)x[i])
PARTIAL_SUM(squared_distance, TWO, ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]))
PARTIAL_SUM(dot, TWO, (double)x[i] * (double)y[i])

// *out := the sum of `count` numbers; one block.
KERNEL BOUNDS(256, 2) void finish_sum(const double *partial, double *out, i64 count) {
  __shared__ double room[32];
  double sum = 0;
  for (i64 i = threadIdx.x; i < count; i += blockDim.x) sum += partial[i];
  sum = block_sum(sum, room);
  if (threadIdx.x == 0) *out = sum;
}

// The grid gives how many numbers of each block's share are NaN or infinity; `finish_count` adds those.
DEVICE bool is_finite(float x) { return x - x == 0; }
DEVICE bool is_finite(u16 brain) { return (brain & 0x7f80) != 0x7f80; }
template <typename Number> DEVICE void count_non_finite(const Number *x, i32 *partial, i64 count) {
  __shared__ i32 room[32];
  i32 found = 0;
  for (i64 i = global_thread(); i < count; i += global_threads()) found += !is_finite(x[i]);
  found = block_sum(found, room);
  if (threadIdx.x == 0) partial[blockIdx.x] = found;
}
KERNEL BOUNDS(256, 2) void count_non_finite_f32(const float *x, i32 *partial, i64 count) {
  count_non_finite(x, partial, count);
}
KERNEL BOUNDS(256, 2) void count_non_finite_bf16(const u16 *x, i32 *partial, i64 count) {
  count_non_finite(x, partial, count);
}

// *out := the sum of `count` whole numbers; one block.
KERNEL BOUNDS(256, 2) void finish_count(const i32 *partial, i64 *out, i64 count) {
  __shared__ double room[32];
  double sum = 0;  // whole numbers below 2^53 are exact in it
  for (i64 i = threadIdx.x; i < count; i += blockDim.x) sum += partial[i];
  sum = block_sum(sum, room);
  if (threadIdx.x == 0) *out = (i64)sum;
}

// The grid gives the largest |x| of each block's numbers; NaN where one is. Run again over what came out, it ends with one.
DEVICE float larger(float a, float b) { return b > a || b != b ? b : a; }
DEVICE float block_largest(float x, float *room) {
  for (i32 mask = 16; mask > 0; mask >>= 1) x = larger(x, shuffle_xor(x, mask));
  if (threadIdx.x % warp_size == 0) room[threadIdx.x / warp_size] = x;
  __syncthreads();
  x = room[0];
  for (u32 warp = 1; warp < (blockDim.x + warp_size - 1) / warp_size; warp++)
    x = larger(x, room[warp]);
  return x;
}
KERNEL BOUNDS(256, 2) void largest_magnitude(const float *x, float *partial, i64 count) {
  __shared__ float room[32];
  float largest = 0;
  for (i64 i = global_thread(); i < count; i += global_threads())
    largest = larger(largest, fabsf(x[i]));
  largest = block_largest(largest, room);
  if (threadIdx.x == 0) partial[blockIdx.x] = largest;
}
