// Norms, rotary positions and gated activations: what stands between a decoder layer's products.
// float32 in; BF16 out where a product reads the result, float32 elsewhere.
#include "device.cuh"

// out := x / √(mean(x²) + epsilon) · weight over each run of `width` numbers, a block a run.
// Exactly one of `brains` and `floats` is not null.
KERNEL BOUNDS(256, 2) void rms_norm(const float *x, const float *weight, u16 *brains, float *floats,
                                    i32 width, float epsilon) {
  __shared__ float room[32];
  const i64 start = (i64)blockIdx.x * width;
  const float *row = x + start;
  const bool isAligned = width % 4 == 0 && is_aligned(x) && is_aligned(weight) && is_aligned(brains);
  float sum = 0;
  if (isAligned) {
    for (i32 i = threadIdx.x; i < width / 4; i += blockDim.x) {
      const FourFloats four = ((const FourFloats *)row)[i];
      for (i32 k = 0; k < 4; k++) sum += four.v[k] * four.v[k];
    }
  } else {
    for (i32 i = threadIdx.x; i < width; i += blockDim.x) sum += row[i] * row[i];
  }
  sum = block_sum(sum, room);
  const float factor = 1.0f / sqrtf(sum / (float)width + epsilon);
  if (isAligned && brains) {
    for (i32 i = threadIdx.x; i < width / 4; i += blockDim.x) {
      const FourFloats four = ((const FourFloats *)row)[i], weights = ((const FourFloats *)weight)[i];
      FourBrains out;
      for (i32 k = 0; k < 4; k++) out.v[k] = float_brain(four.v[k] * factor * weights.v[k]);
      ((FourBrains *)(brains + start))[i] = out;
    }
    return;
  }
  for (i32 i = threadIdx.x; i < width; i += blockDim.x) {
    const float y = row[i] * factor * weight[i];
    if (brains) brains[start + i] = float_brain(y);
    else floats[start + i] = y;
  }
}

// Rotates (x[i], x[half + i]) of each head by its row's position, a block a row: `x` is (rows, heads ·
// width), and what lies beyond 2 · half in a head is not turned. Cosines and sines are (positions,
// half). A row whose position is negative stays as it is.
KERNEL BOUNDS(256, 2) void rotate(float *x, const float *cosines, const float *sines,
                                  const i32 *positions, i32 heads, i32 width, i32 half) {
  if (positions[blockIdx.x] < 0) return;
  x += (i64)blockIdx.x * heads * width;
  cosines += (i64)positions[blockIdx.x] * half;
  sines += (i64)positions[blockIdx.x] * half;
  for (i32 i = threadIdx.x; i < heads * half; i += blockDim.x) {
    float *head = x + (i64)(i / half) * width;
    const i32 place = i % half;
    const float first = head[place], second = head[half + place];
    const float c = cosines[place], s = sines[place];
    head[place] = first * c - second * s;
    head[half + place] = second * c + first * s;
  }
}

// σ(g), written so that the exponent is never positive.
DEVICE float sigmoid(float g) {
  const float e = expf(-fabsf(g));
  return (g >= 0 ? 1.0f : e) / (1.0f + e);
}

enum { silu = 0, gelu_tanh = 1, clamped_swiglu = 2 };

// activation(g) · u. clamped_swiglu is (u + 1)·g·σ(alpha·g) with g at most `limit` and u within
// ±limit.
DEVICE float gated(float g, float u, i32 activation, float alpha, float limit) {
  if (activation == silu) return g * sigmoid(g) * u;
  if (activation == gelu_tanh)
    return 0.5f * g * (1 + tanhf(0.7978845608028654f * (g + 0.044715f * g * g * g))) * u;
  // Written so that a NaN passes.
  g = g > limit ? limit : g;
  u = u > limit ? limit : u < -limit ? -limit : u;
  return (u + 1) * g * sigmoid(alpha * g);
}

// out := activation(gate) · up, element by element. Exactly one of `brains` and `floats` is not null.
KERNEL BOUNDS(256, 2) void gated_activation(const float *gate, const float *up, u16 *brains,
                                            float *floats, i64 count, i32 activation, float alpha,
                                            float limit) {
  const i64 fours = brains && is_aligned(gate) && is_aligned(up) && is_aligned(brains) ? count / 4 : 0;
  for (i64 i = global_thread(); i < fours; i += global_threads()) {
    const FourFloats g = ((const FourFloats *)gate)[i], u = ((const FourFloats *)up)[i];
    FourBrains y;
    for (i32 k = 0; k < 4; k++) y.v[k] = float_brain(gated(g.v[k], u.v[k], activation, alpha, limit));
    ((FourBrains *)brains)[i] = y;
  }
  for (i64 i = 4 * fours + global_thread(); i < count; i += global_threads()) {
    const float y = gated(gate[i], up[i], activation, alpha, limit);
    if (brains) brains[i] = float_brain(y);
    else floats[i] = y;
  }
}

// x := cap · tanh(x / cap)
KERNEL BOUNDS(256, 2) void soft_cap(float *x, float cap, i64 count) {
  for (i64 i = global_thread(); i < count; i += global_threads()) x[i] = cap * tanhf(x[i] / cap);
}
