#include "internal.h"

// Sums of float32 values in double: 16 lanes in a fixed order, whatever the CPU.
enum { lanes = 16 };

static double total(const double *sums) {
  double sum = 0;
  for (size_t lane = 0; lane < lanes; lane++) sum += sums[lane];
  return sum;
}

TENBIN_SIMD double tenbin_squared_norm(const float *x, size_t count) {
  double sums[lanes] = {0};
  size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (size_t lane = 0; lane < lanes; lane++)
      sums[lane] += (double)x[i + lane] * (double)x[i + lane];
  for (; i < count; i++) sums[0] += (double)x[i] * (double)x[i];
  return total(sums);
}

TENBIN_SIMD double tenbin_squared_distance(const float *x, const float *y, size_t count) {
  double sums[lanes] = {0};
  size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (size_t lane = 0; lane < lanes; lane++) {
      double difference = (double)x[i + lane] - (double)y[i + lane];
      sums[lane] += difference * difference;
    }
  for (; i < count; i++) {
    double difference = (double)x[i] - (double)y[i];
    sums[0] += difference * difference;
  }
  return total(sums);
}

TENBIN_SIMD double tenbin_dot(const float *x, const float *y, size_t count) {
  double sums[lanes] = {0};
  size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (size_t lane = 0; lane < lanes; lane++)
      sums[lane] += (double)x[i + lane] * (double)y[i + lane];
  for (; i < count; i++) sums[0] += (double)x[i] * (double)y[i];
  return total(sums);
}

TENBIN_SIMD void tenbin_subtract(const float *x, const float *y, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = x[i] - y[i];
}

TENBIN_SIMD void tenbin_gather_f32(const float *x, const int32_t *order, float *out,
                                   size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = x[order[i]];
}

TENBIN_SIMD void tenbin_gather_u8(const uint8_t *x, const int32_t *order, uint8_t *out,
                                  size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = x[order[i]];
}

TENBIN_SIMD size_t tenbin_rows_not_finite(const float *x, size_t rows, size_t columns,
                                          uint8_t *bad) {
  size_t count = 0;
  for (size_t row = 0; row < rows; row++) {
    const float *values = x + row * columns;
    float sums[lanes] = {0};
    size_t i = 0;
    for (; i + lanes <= columns; i += lanes)
      for (size_t lane = 0; lane < lanes; lane++) sums[lane] += values[i + lane] * values[i + lane];
    for (; i < columns; i++) sums[0] += values[i] * values[i];
    float sum = 0;
    for (size_t lane = 0; lane < lanes; lane++) sum += sums[lane];
    bad[row] = sum - sum != 0;
    count += bad[row];
  }
  return count;
}
