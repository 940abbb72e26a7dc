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

// The slots of a count of weight errors, as `tenbin_weight_errors` of the CPU has them: bins of an eighth
// of a step within three on either side, with a tail each; those of clipped weights; and two more.
enum {
  error_end = 24,
  error_bins = 2 * error_end + 2,
  slot_not_finite = 2 * error_bins,
  slot_dead,
  error_slots,
};

// Counts the weights of the rows blockIdx.x, blockIdx.x + gridDim.x, ... by their errors w/scale - (code -
// zero), in steps: `counts` has `error_slots` numbers a block, `squares` the sum of the squares.
KERNEL BOUNDS(256, 2) void weight_errors(const float *weight, const u8 *codes, const float *scales,
                                         const i32 *zeros, const i32 *index, const u8 *dead,
                                         u32 *counts, double *squares, i32 rows, i32 columns,
                                         i32 groups, i32 top) {
  __shared__ u32 found[error_slots];
  __shared__ double room[32];
  for (i32 slot = threadIdx.x; slot < error_slots; slot += blockDim.x) found[slot] = 0;
  __syncthreads();
  const float near = 0.5f + 1.0f / 1024;
  double sum = 0;
  for (i32 row = blockIdx.x; row < rows; row += gridDim.x) {
    const i64 start = (i64)row * columns, grid = (i64)row * groups;
    for (i32 i = threadIdx.x; i < columns; i += blockDim.x) {
      const i32 code = codes[start + i];
      const float error =
          minus(weight[start + i] / scales[grid + index[i]], (float)(code - zeros[grid + index[i]]));
      const float squared = times(error, error);
      i32 slot = slot_not_finite;
      if (dead[i]) {
        slot = slot_dead;
      } else if (squared - squared == 0) {
        float place = 8 * error;
        if (error >= 0.5f && error <= near) place = 3;
        if (error < -0.5f && error >= -near) place = -4;
        const float end = error_end;
        place = place < -end - 1 ? -end - 1 : place;
        place = place > end ? end : place;
        slot = (i32)(place + (end + 1));
        if ((code == 0 && error < -near) || (code == top && error > near)) slot += error_bins;
        sum += (double)squared;
      }
      atomicAdd(&found[slot], 1u);
    }
  }
  __syncthreads();
  for (i32 slot = threadIdx.x; slot < error_slots; slot += blockDim.x)
    counts[(i64)blockIdx.x * error_slots + slot] = found[slot];
  sum = block_sum(sum, room);
  if (threadIdx.x == 0) squares[blockIdx.x] = sum;
}

// out[slot] := the sum of the `blocks` counts of a slot; one block.
KERNEL BOUNDS(256, 2) void finish_weight_errors(const u32 *counts, i64 *out, i32 blocks) {
  for (i32 slot = threadIdx.x; slot < error_slots; slot += blockDim.x) {
    i64 sum = 0;
    for (i32 block = 0; block < blocks; block++) sum += counts[(i64)block * error_slots + slot];
    out[slot] = sum;
  }
}
