#include <math.h>

#include "internal.h"

TENBIN_SIMD void tenbin_softmax(float *row, size_t count, float scale) {
  if (count == 0) return;
  float max = tenbin_max(row, count);
  float sums[16] = {0};
  size_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (size_t lane = 0; lane < 16; lane++) {
      float e = tenbin_exp((row[i + lane] - max) * scale);
      row[i + lane] = e;
      sums[lane] += e;
    }
  float sum = 0;
  for (; i < count; i++) {
    row[i] = tenbin_exp((row[i] - max) * scale);
    sum += row[i];
  }
  for (size_t lane = 0; lane < 16; lane++) sum += sums[lane];
  float inverse = 1.0f / sum;
  for (i = 0; i < count; i++) row[i] *= inverse;
}

TENBIN_SIMD void tenbin_rms_norm(const float *x, const float *norm_weight, float *out, size_t count,
                                 float epsilon) {
  float sums[16] = {0};
  size_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (size_t lane = 0; lane < 16; lane++) sums[lane] += x[i + lane] * x[i + lane];
  float sum = 0;
  for (; i < count; i++) sum += x[i] * x[i];
  for (size_t lane = 0; lane < 16; lane++) sum += sums[lane];
  float factor = 1.0f / sqrtf(sum / (float)count + epsilon);
  for (i = 0; i < count; i++) out[i] = x[i] * factor * norm_weight[i];
}

TENBIN_SIMD void tenbin_rotate(float *x, const float *cosines, const float *sines, size_t half) {
  for (size_t i = 0; i < half; i++) {
    float first = x[i], second = x[half + i];
    x[i] = first * cosines[i] - second * sines[i];
    x[half + i] = second * cosines[i] + first * sines[i];
  }
}

TENBIN_SIMD void tenbin_silu_multiply(const float *gate, const float *up, float *out,
                                      size_t count) {
  for (size_t i = 0; i < count; i++) {
    // 1/(1 + e^-g), written so that the exponent is never positive.
    float g = gate[i];
    float e = tenbin_exp(-fabsf(g));
    float sigmoid = (g >= 0 ? 1.0f : e) / (1.0f + e);
    out[i] = g * sigmoid * up[i];
  }
}

// tanh(x) = (1 − e^-2|x|)/(1 + e^-2|x|), signed; near 0, where that cancels, its series.
static inline float tenbin_tanh(float x) {
  float a = fabsf(x);
  float e = tenbin_exp(-2.0f * a);
  float far = (1.0f - e) / (1.0f + e);
  float s = a * a;
  float near = a * (1.0f + s * (-1.0f / 3.0f + s * (2.0f / 15.0f - s * (17.0f / 315.0f))));
  return copysignf(a < 0.15f ? near : far, x);
}

TENBIN_SIMD void tenbin_gelu_multiply(const float *gate, const float *up, float *out,
                                      size_t count) {
  for (size_t i = 0; i < count; i++) {
    float g = gate[i];
    float inner = 0.79788456080286536f * (g + 0.044715f * g * g * g);
    out[i] = 0.5f * g * (1.0f + tenbin_tanh(inner)) * up[i];
  }
}

TENBIN_SIMD void tenbin_clamped_swiglu(const float *gate, const float *up, float *out,
                                       size_t count, float alpha, float limit) {
  for (size_t i = 0; i < count; i++) {
    float g = gate[i] < limit ? gate[i] : limit;
    float u = up[i] < limit ? up[i] : limit;
    u = u > -limit ? u : -limit;
    float e = tenbin_exp(-fabsf(alpha * g));
    float sigmoid = (alpha * g >= 0 ? 1.0f : e) / (1.0f + e);
    out[i] = (u + 1.0f) * g * sigmoid;
  }
}

TENBIN_SIMD void tenbin_softmax_sink(float *row, size_t count, float scale, float sink) {
  if (count == 0) return;
  float max = tenbin_max(row, count) * scale;
  max = sink > max ? sink : max;
  float sum = tenbin_exp(sink - max);
  for (size_t i = 0; i < count; i++) {
    row[i] = tenbin_exp(row[i] * scale - max);
    sum += row[i];
  }
  float inverse = 1.0f / sum;
  for (size_t i = 0; i < count; i++) row[i] *= inverse;
}

TENBIN_SIMD void tenbin_soft_cap(float *x, size_t count, float limit) {
  for (size_t i = 0; i < count; i++) x[i] = limit * tenbin_tanh(x[i] / limit);
}

TENBIN_SIMD void tenbin_scale(float *x, size_t count, float factor) {
  for (size_t i = 0; i < count; i++) x[i] *= factor;
}

TENBIN_SIMD void tenbin_add_scaled(const float *y, float factor, float *x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] += factor * y[i];
}

TENBIN_SIMD void tenbin_add(const float *y, float *x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] += y[i];
}
