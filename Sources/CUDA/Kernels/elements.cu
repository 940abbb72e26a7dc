// Storage types, gathers and small steps over matrices, element by element.
#include "device.cuh"

KERNEL BOUNDS(256, 2) void brains_to_floats(const u16 *in, float *out, i64 count) {
  const i64 fours = is_aligned(in) && is_aligned(out) ? count / 4 : 0;
  for (i64 i = global_thread(); i < fours; i += global_threads()) {
    const FourBrains x = ((const FourBrains *)in)[i];
    FourFloats y;
    for (i32 k = 0; k < 4; k++) y.v[k] = brain_float(x.v[k]);
    ((FourFloats *)out)[i] = y;
  }
  for (i64 i = 4 * fours + global_thread(); i < count; i += global_threads())
    out[i] = brain_float(in[i]);
}

KERNEL BOUNDS(256, 2) void floats_to_brains(const float *in, u16 *out, i64 count) {
  const i64 fours = is_aligned(in) && is_aligned(out) ? count / 4 : 0;
  for (i64 i = global_thread(); i < fours; i += global_threads()) {
    const FourFloats x = ((const FourFloats *)in)[i];
    FourBrains y;
    for (i32 k = 0; k < 4; k++) y.v[k] = float_brain(x.v[k]);
    ((FourBrains *)out)[i] = y;
  }
  for (i64 i = 4 * fours + global_thread(); i < count; i += global_threads())
    out[i] = float_brain(in[i]);
}

// x = a + b + c to the last bit of a float32 or nearly, in BF16, which has 8 of its 24. Of these parts
// `count` are written one after another, `partStride` numbers apart: those that `parts` names, two bits
// each from the lowest on. A block a row of x; rows of x are `stride` numbers apart and those that are
// written `rowStride`.
struct Parts { u16 part[3]; };
DEVICE Parts parts_of(float x) {
  Parts p;
  p.part[0] = float_brain(x);
  const float rest = minus(x, brain_float(p.part[0]));
  p.part[1] = float_brain(rest);
  p.part[2] = float_brain(minus(rest, brain_float(p.part[1])));
  return p;
}
DEVICE u16 chosen(const Parts &p, i32 part) {
  return part == 0 ? p.part[0] : part == 1 ? p.part[1] : p.part[2];
}
KERNEL BOUNDS(256, 2) void split_floats(const float *x, u16 *out, i32 columns, i64 stride,
                                        i64 rowStride, i64 partStride, i32 count, i32 parts) {
  x += blockIdx.x * stride;
  out += blockIdx.x * rowStride;
  const bool isAligned = columns % 4 == 0 && stride % 4 == 0 && rowStride % 8 == 0 &&
                         partStride % 8 == 0 && is_aligned(x) && is_aligned(out);
  const i32 fours = isAligned ? columns / 4 : 0;
  for (i32 i = threadIdx.x; i < fours; i += blockDim.x) {
    const FourFloats four = ((const FourFloats *)x)[i];
    Parts split[4];
    for (i32 k = 0; k < 4; k++) split[k] = parts_of(four.v[k]);
    for (i32 p = 0; p < count; p++) {
      FourBrains brains;
      for (i32 k = 0; k < 4; k++) brains.v[k] = chosen(split[k], parts >> 2 * p & 3);
      ((FourBrains *)(out + p * partStride))[i] = brains;
    }
  }
  for (i32 i = 4 * fours + threadIdx.x; i < columns; i += blockDim.x) {
    const Parts split = parts_of(x[i]);
    for (i32 p = 0; p < count; p++) out[p * partStride + i] = chosen(split, parts >> 2 * p & 3);
  }
}

// out := x - y
KERNEL BOUNDS(256, 2) void subtract(const float *x, const float *y, float *out, i64 count) {
  for (i64 i = global_thread(); i < count; i += global_threads()) out[i] = x[i] - y[i];
}

// x += y
KERNEL BOUNDS(256, 2) void add(const float *y, float *x, i64 count) {
  const i64 fours = is_aligned(x) && is_aligned(y) ? count / 4 : 0;
  for (i64 i = global_thread(); i < fours; i += global_threads()) {
    FourFloats sum = ((FourFloats *)x)[i];
    const FourFloats more = ((const FourFloats *)y)[i];
    for (i32 k = 0; k < 4; k++) sum.v[k] += more.v[k];
    ((FourFloats *)x)[i] = sum;
  }
  for (i64 i = 4 * fours + global_thread(); i < count; i += global_threads()) x[i] += y[i];
}

// x[row] := bias, a block a row of `columns`: what a product with a bias starts from.
KERNEL BOUNDS(256, 2) void fill_rows(const float *bias, float *x, i32 columns) {
  x += (i64)blockIdx.x * columns;
  for (i32 i = threadIdx.x; i < columns; i += blockDim.x) x[i] = bias[i];
}

// x *= factor
KERNEL BOUNDS(256, 2) void scale(float *x, float factor, i64 count) {
  for (i64 i = global_thread(); i < count; i += global_threads()) x[i] *= factor;
}

// out[row] := in[order[row]], a block a row of `columns` numbers.
KERNEL BOUNDS(256, 2) void gather_rows(const float *in, const i32 *order, float *out,
                                       i32 columns) {
  in += (i64)order[blockIdx.x] * columns;
  out += (i64)blockIdx.x * columns;
  for (i32 i = threadIdx.x; i < columns; i += blockDim.x) out[i] = in[i];
}

// x[rows[i]] := y[i], a block a row of y; rows differ.
KERNEL BOUNDS(256, 2) void replace_rows(const float *y, const i32 *rows, float *x, i32 columns) {
  y += (i64)blockIdx.x * columns;
  x += (i64)rows[blockIdx.x] * columns;
  for (i32 i = threadIdx.x; i < columns; i += blockDim.x) x[i] = y[i];
}

// x[rows[i]] += weights[i] · y[i], a block a row of y; rows differ.
KERNEL BOUNDS(256, 2) void scatter_add(const float *y, const i32 *rows, const float *weights,
                                       float *x, i32 columns) {
  y += (i64)blockIdx.x * columns;
  x += (i64)rows[blockIdx.x] * columns;
  const float weight = weights[blockIdx.x];
  for (i32 i = threadIdx.x; i < columns; i += blockDim.x) x[i] += weight * y[i];
}

// out[row, j] := in[row, order[j]], a block a row, in float32 or in double.
template <typename Real>
DEVICE void gather_columns(const float *in, const i32 *order, Real *out, i32 columns) {
  in += (i64)blockIdx.x * columns;
  out += (i64)blockIdx.x * columns;
  for (i32 i = threadIdx.x; i < columns; i += blockDim.x) out[i] = (Real)in[order[i]];
}
KERNEL BOUNDS(256, 2) void gather_columns_f32(const float *in, const i32 *order, float *out,
                                              i32 columns) {
  gather_columns(in, order, out, columns);
}
KERNEL BOUNDS(256, 2) void gather_columns_f64(const float *in, const i32 *order, double *out,
                                              i32 columns) {
  gather_columns(in, order, out, columns);
}

// x[row, columns[i]] := 0, a block a row of `width`.
KERNEL BOUNDS(256, 2) void clear_columns(float *x, const i32 *columns, i32 count, i32 width) {
  x += (i64)blockIdx.x * width;
  for (i32 i = threadIdx.x; i < count; i += blockDim.x) x[columns[i]] = 0;
}

// A block a row: bad[row] := whether the float32 sum of the row's squares is not finite.
DEVICE float number(float x) { return x; }
DEVICE float number(u16 x) { return brain_float(x); }
template <typename Number> DEVICE void find_bad_rows(const Number *x, i32 *bad, i32 columns) {
  __shared__ float room[32];
  x += (i64)blockIdx.x * columns;
  float sum = 0;
  for (i32 i = threadIdx.x; i < columns; i += blockDim.x) sum += number(x[i]) * number(x[i]);
  sum = block_sum(sum, room);
  if (threadIdx.x == 0) bad[blockIdx.x] = sum - sum != 0;
}
KERNEL BOUNDS(256, 2) void find_bad_rows_f32(const float *x, i32 *bad, i32 columns) {
  find_bad_rows(x, bad, columns);
}
KERNEL BOUNDS(256, 2) void find_bad_rows_bf16(const u16 *x, i32 *bad, i32 columns) {
  find_bad_rows(x, bad, columns);
}

// Eight BF16 numbers, moved at once.
struct alignas(16) EightBrains { u32 pairs[4]; };

// A block a row: out := in, or zeros where the float32 sum of the row's squares is not finite, and
// bad[row] := whether it is not.
DEVICE float squares(u32 pair) {
  const float low = bits_float(pair << 16), high = bits_float(pair & 0xffff0000u);
  return low * low + high * high;
}
KERNEL BOUNDS(256, 2) void take_finite_rows(const u16 *in, u16 *out, i32 *bad, i32 columns) {
  __shared__ float room[32];
  in += (i64)blockIdx.x * columns;
  out += (i64)blockIdx.x * columns;
  const bool isAligned = columns % 8 == 0 && is_aligned(in) && is_aligned(out);
  float sum = 0;
  if (isAligned) {
    for (i32 i = threadIdx.x; i < columns / 8; i += blockDim.x) {
      const EightBrains x = ((const EightBrains *)in)[i];
      ((EightBrains *)out)[i] = x;
      for (i32 p = 0; p < 4; p++) sum += squares(x.pairs[p]);
    }
  } else {
    for (i32 i = threadIdx.x; i < columns; i += blockDim.x) {
      out[i] = in[i];
      sum += squares(in[i]);
    }
  }
  sum = block_sum(sum, room);
  const bool isBad = sum - sum != 0;
  if (threadIdx.x == 0) bad[blockIdx.x] = isBad;
  // Each thread over what it has written itself.
  if (!isBad) return;
  if (isAligned) {
    const EightBrains zeros = {{0, 0, 0, 0}};
    for (i32 i = threadIdx.x; i < columns / 8; i += blockDim.x) ((EightBrains *)out)[i] = zeros;
  } else {
    for (i32 i = threadIdx.x; i < columns; i += blockDim.x) out[i] = 0;
  }
}

// out := in, a block a row, with zeros for rows that are bad.
template <typename Number>
DEVICE void clear_bad_rows(const Number *in, const i32 *bad, Number *out, i32 columns) {
  const i64 start = (i64)blockIdx.x * columns;
  for (i32 i = threadIdx.x; i < columns; i += blockDim.x)
    out[start + i] = bad[blockIdx.x] ? (Number)0 : in[start + i];
}
KERNEL BOUNDS(256, 2) void clear_bad_rows_f32(const float *in, const i32 *bad, float *out,
                                              i32 columns) {
  clear_bad_rows(in, bad, out, columns);
}
KERNEL BOUNDS(256, 2) void clear_bad_rows_bf16(const u16 *in, const i32 *bad, u16 *out,
                                               i32 columns) {
  clear_bad_rows(in, bad, out, columns);
}
