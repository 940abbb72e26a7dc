#pragma once
#include "ckernels.h"

#if defined(__x86_64__)
#define TENBIN_SIMD __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define TENBIN_SIMD
#endif

// The largest of `count` > 0 numbers, in lanes, so that it vectorizes.
static inline __attribute__((always_inline)) float tenbin_max(const float *x, size_t count) {
  float maxima[16];
  for (size_t lane = 0; lane < 16; lane++) maxima[lane] = x[0];
  size_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (size_t lane = 0; lane < 16; lane++)
      maxima[lane] = x[i + lane] > maxima[lane] ? x[i + lane] : maxima[lane];
  float max = maxima[0];
  for (size_t lane = 1; lane < 16; lane++) max = maxima[lane] > max ? maxima[lane] : max;
  for (; i < count; i++) max = x[i] > max ? x[i] : max;
  return max;
}

// exp(x) for x <= 0 to about 2 ulp: 2^n · e^r with |r| <= ln2/2 and a degree-6 polynomial (Cephes
// expf's coefficients). One fixed sequence of operations, so that loops over it vectorize.
static inline float tenbin_exp(float x) {
  x = x < -87.0f ? -87.0f : x;
  x = x > 88.0f ? 88.0f : x;
  float n = (x * 1.44269504088896341f + 12582912.0f) - 12582912.0f;
  float r = x - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  union {
    int32_t i;
    float f;
  } scale = {((int32_t)n + 127) << 23};
  return p * scale.f;
}
