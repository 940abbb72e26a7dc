#include "internal.h"

// 16 numbers that need not be aligned: a register of AVX-512, two of AVX2, four of SSE.
typedef float lanes16 __attribute__((vector_size(64), aligned(4)));

enum { lanes = 16, block_rows = 4 };

// y := X·Wᵀ of `tokens` rows by `outputs` rows, at most `block_rows` each and constant where this is
// called, so that the sums are registers. Each has its own 16 lanes, added up in one order: a sum does
// not depend on the block that it is in.
static inline __attribute__((always_inline)) void multiply_block(
    const float *x, const float *w, size_t inputs, float *y, size_t stride, int tokens, int outputs) {
  lanes16 sums[block_rows][block_rows];
#pragma clang loop unroll(full)
  for (int t = 0; t < tokens; t++)
#pragma clang loop unroll(full)
    for (int o = 0; o < outputs; o++) sums[t][o] = (lanes16){0};
  size_t i = 0;
  for (; i + lanes <= inputs; i += lanes) {
    lanes16 weights[block_rows];
#pragma clang loop unroll(full)
    for (int o = 0; o < outputs; o++) weights[o] = *(const lanes16 *)(w + o * inputs + i);
#pragma clang loop unroll(full)
    for (int t = 0; t < tokens; t++) {
      const lanes16 numbers = *(const lanes16 *)(x + t * inputs + i);
#pragma clang loop unroll(full)
      for (int o = 0; o < outputs; o++) sums[t][o] += numbers * weights[o];
    }
  }
  for (int t = 0; t < tokens; t++)
    for (int o = 0; o < outputs; o++) {
      float rest[lanes];
      for (int lane = 0; lane < lanes; lane++) rest[lane] = sums[t][o][lane];
      for (int width = lanes / 2; width > 0; width /= 2)
        for (int lane = 0; lane < width; lane++) rest[lane] += rest[lane + width];
      float sum = rest[0];
      for (size_t k = i; k < inputs; k++) sum += x[t * inputs + k] * w[o * inputs + k];
      y[t * stride + o] = sum;
    }
}

TENBIN_SIMD void tenbin_multiply_few_rows(const float *x, size_t tokens, size_t inputs,
                                          const float *w, size_t outputs, float *y, size_t stride) {
  size_t o = 0;
  for (; o + block_rows <= outputs; o += block_rows) {
    size_t t = 0;
    for (; t + block_rows <= tokens; t += block_rows)
      multiply_block(x + t * inputs, w + o * inputs, inputs, y + t * stride + o, stride, block_rows,
                     block_rows);
    for (; t < tokens; t++)
      multiply_block(x + t * inputs, w + o * inputs, inputs, y + t * stride + o, stride, 1,
                     block_rows);
  }
  for (; o < outputs; o++)
    for (size_t t = 0; t < tokens; t++)
      multiply_block(x + t * inputs, w + o * inputs, inputs, y + t * stride + o, stride, 1, 1);
}

TENBIN_SIMD ptrdiff_t tenbin_largest_place(const float *x, size_t count) {
  int nan = 0;
  for (size_t i = 0; i < count; i++) nan |= x[i] != x[i];
  if (nan) return -1;
  const float max = tenbin_max(x, count);
  size_t place = 0;
  while (place < count - 1 && x[place] != max) place++;
  return (ptrdiff_t)place;
}
