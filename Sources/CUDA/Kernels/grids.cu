// Fitting grids to groups of weights, and back from codes to weights.
#include "device.cuh"

// The types in which scales are stored.
enum { scales_f16 = 0, scales_bf16 = 1, scales_f32 = 2 };

// `scale` as it will be stored: never zero, and never so large that 256 steps are infinite.
DEVICE float stored_scale(float scale, i32 dtype) {
  float rounded = scale, least = bits_float(1), largest = bits_float(0x7f7fffff) / 256;
  if (dtype == scales_f16) {
    rounded = half_float(half_bits(scale));
    least = 5.9604644775390625e-8f;
    largest = 65504;
  } else if (dtype == scales_bf16) {
    rounded = brain_float(float_brain(scale));
    least = bits_float(1u << 16);
    largest = bits_float(0x7f7f0000) / 256;
  }
  // Swift's max and min, by which the CPU's grids are made, hand a NaN on.
  if (rounded != rounded) return rounded;
  rounded = rounded > least ? rounded : least;
  return rounded < largest ? rounded : largest;
}

// Fits the grids of `groups` groups, from `firstGroup` on, of each row: a warp a grid. A group is
// `size` columns of `weight`, (rows, columns); the last may be short.
template <typename Real>
DEVICE void fit_grids(const Real *weight, i64 rows, i64 columns, i32 size, i32 firstGroup,
                      i32 groups, i32 allGroups, i32 sym, i32 maxCode, i32 dtype, float *scales,
                      i32 *zeros) {
  const i64 task = (i64)blockIdx.x * (blockDim.x / warp_size) + threadIdx.x / warp_size;
  const i32 lane = threadIdx.x % warp_size;
  if (task >= rows * groups) return;
  const i64 row = task / groups, group = firstGroup + task % groups;
  const i64 start = group * size, end = start + size < columns ? start + size : columns;
  Real low = 0, high = 0;
  for (i64 column = start + lane; column < end; column += warp_size) {
    const Real w = weight[row * columns + column];
    low = w < low ? w : low;
    high = w > high ? w : high;
  }
  low = -warp_max(-low);
  high = warp_max(high);
  if (lane != 0) return;
  if (sym) {
    high = -low > high ? -low : high;
    if (low < 0) low = -high;
  }
  if (low == 0 && high == 0) {
    low = -1;
    high = 1;
  }
  const float scale = stored_scale((float)(minus(high, low) / (Real)maxCode), dtype);
  i32 zero = (maxCode + 1) / 2;
  if (!sym) {
    Real whole = nearest_whole(-low / (Real)scale);
    whole = whole > 0 ? whole : 0;
    zero = (i32)(whole < (Real)maxCode ? whole : (Real)maxCode);
  }
  scales[row * allGroups + group] = scale;
  zeros[row * allGroups + group] = zero;
}
KERNEL BOUNDS(256, 2) void fit_grids_f32(const float *weight, i64 rows, i64 columns, i32 size,
                                         i32 firstGroup, i32 groups, i32 allGroups, i32 sym,
                                         i32 maxCode, i32 dtype, float *scales, i32 *zeros) {
  fit_grids(weight, rows, columns, size, firstGroup, groups, allGroups, sym, maxCode, dtype, scales,
            zeros);
}
KERNEL BOUNDS(256, 2) void fit_grids_f64(const double *weight, i64 rows, i64 columns, i32 size,
                                         i32 firstGroup, i32 groups, i32 allGroups, i32 sym,
                                         i32 maxCode, i32 dtype, float *scales, i32 *zeros) {
  fit_grids(weight, rows, columns, size, firstGroup, groups, allGroups, sym, maxCode, dtype, scales,
            zeros);
}

// The weights scale · (code − zero) that codes stand for, a block a row; the grid of column j is that
// of group index[j]. Exactly one of `brains` and `floats` is not null.
KERNEL BOUNDS(256, 2) void dequantize(const u8 *codes, const float *scales, const i32 *zeros,
                                      const i32 *index, u16 *brains, float *floats, i32 columns,
                                      i32 groups) {
  const i64 start = (i64)blockIdx.x * columns;
  scales += (i64)blockIdx.x * groups;
  zeros += (i64)blockIdx.x * groups;
  for (i32 i = threadIdx.x; i < columns; i += blockDim.x) {
    const float w = scales[index[i]] * (float)((i32)codes[start + i] - zeros[index[i]]);
    if (brains) brains[start + i] = float_brain(w);
    else floats[start + i] = w;
  }
}

// out[row, order[j]] := codes[row, j], a block a row: from the order of processing back.
KERNEL BOUNDS(256, 2) void scatter_codes(const u8 *codes, const i32 *order, u8 *out, i32 columns) {
  codes += (i64)blockIdx.x * columns;
  out += (i64)blockIdx.x * columns;
  for (i32 i = threadIdx.x; i < columns; i += blockDim.x) out[order[i]] = codes[i];
}
