#include "column_loop.h"

#include "internal.h"

// 1.5·2^23 (2^52 in double): adding and subtracting it rounds a small number half to even.
#define REAL float
#define ROUNDER 12582912.0f
#define NAMED(name) name##_f32
#include "column_loop_tile.h"
#undef REAL
#undef ROUNDER
#undef NAMED

#define REAL double
#define ROUNDER 6755399441055744.0
#define NAMED(name) name##_f64
#include "column_loop_tile.h"

TENBIN_SIMD void tenbin_dequantize(const uint8_t *codes, const float *scales, const int32_t *zeros,
                                   const int32_t *group, float *out, size_t columns) {
  for (size_t column = 0; column < columns; column++) {
    int32_t g = group[column];
    out[column] = scales[g] * (float)(codes[column] - zeros[g]);
  }
}
