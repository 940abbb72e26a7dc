// The GPTQ column loop (Frantar et al., arXiv 2210.17323, algorithm 1) inside one block of columns.
#include "device.cuh"

enum { block_columns = 128 };

// Lanes that hold a row: what is done once a column costs a warp the same for 4 rows as for one. Doubles
// take two registers each.
template <typename Real> struct Lanes { enum { of_row = 8 }; };
template <> struct Lanes<double> { enum { of_row = 16 }; };

// What one launch works on; row-major throughout.
template <typename Real> struct ColumnBlock {
  const Real *weight;      // (rows, columns), read only
  const Real *factor;      // U, (columns, columns); null is round to nearest, where nothing moves
  const Real *correction;  // P of GPTAQ, (columns, columns), or null
  const float *scales;     // (rows, groups)
  const i32 *zeros;        // (rows, groups)
  const i32 *group;        // of each column
  Real *error;             // (rows, width), rows `stride` apart: (w − q)/d; written with a factor
  Real *quantized;         // likewise: q, written where there is a correction
  Real *taken;             // likewise: w before it was quantized, or null
  u8 *codes;               // (rows, columns)
  double *loss;            // (rows): += Σ((w − q)/d)²
  i32 *clipped;            // (rows): += weights more than half a step outside the grid
  i64 rows, columns, stride;
  i32 groups, first, width, maxCode;  // the block is columns first ..< first + width <= 128
};

// Quantizes the block's columns one after another, each moving those of the block after it. A warp
// takes 4 rows (2 of doubles): of 8 lanes, lane l holds columns l, l + 8, l + 16 and so on of a row, and
// the column whose turn it is goes to all of them. The order of operations on a weight is the CPU's, and
// so are its bits.
template <typename Real> DEVICE void quantize_columns(const ColumnBlock<Real> &block) {
  DYNAMIC_SHARED(memory);
  Real *u = (Real *)memory;  // the block's corner of U, or its diagonal of ones
  i32 *group = (i32 *)(u + block_columns * block_columns);
  const i32 width = block.width;
  for (i32 i = threadIdx.x; i < width * width; i += blockDim.x) {
    const i32 row = i / width, column = i % width;
    u[row * block_columns + column] =
        block.factor ? block.factor[(block.first + row) * block.columns + block.first + column]
                     : (Real)(row == column);
  }
  for (i32 i = threadIdx.x; i < width; i += blockDim.x) group[i] = block.group[block.first + i];
  __syncthreads();

  enum { lanes = Lanes<Real>::of_row, lane_columns = (i32)block_columns / lanes };
  // Lanes without a row of their own do the last one's, so that all take part in the exchange.
  const i32 lane = threadIdx.x % lanes, first = threadIdx.x % warp_size - lane;
  const i64 place = (i64)blockIdx.x * (blockDim.x / lanes) + threadIdx.x / lanes;
  const bool isMine = place < block.rows;
  const i64 row = isMine ? place : block.rows - 1;
  const i64 start = row * block.columns + block.first;

  Real w[lane_columns], error[lane_columns], value[lane_columns], before[lane_columns];
  i32 code[lane_columns];
#pragma unroll
  for (i32 k = 0; k < lane_columns; k++) {
    const i32 column = k * lanes + lane;
    w[k] = column < width ? block.weight[start + column] : (Real)0;
    error[k] = value[k] = before[k] = 0;
    code[k] = 0;
  }

  Real scale = 1, low = 0, high = 0, loss = 0;
  i32 zero = 0, clipped = 0, current = -1;
#pragma unroll
  for (i32 k = 0; k < lane_columns; k++) {
    for (i32 i = 0; i < lanes; i++) {
      const i32 column = k * lanes + i;
      if (column >= width) break;
      if (group[column] != current) {
        current = group[column];
        scale = block.scales[row * block.groups + current];
        zero = block.zeros[row * block.groups + current];
        low = (Real)-zero;
        high = (Real)(block.maxCode - zero);
      }
      const Real x = shuffle(w[k], first + i);
      // Clamping to whole numbers first and rounding after gives what rounding first does.
      const Real steps = x / scale;
      Real q = steps > low ? steps : low;
      q = q < high ? q : high;
      q = nearest_whole(q);
      const Real grid = times(q, scale);
      const Real e = minus(x, grid) / u[column * block_columns + column];
      loss = plus(loss, times(e, e));
      clipped += steps > high + (Real)0.5 || steps < low - (Real)0.5;
      if (lane == i) {
        code[k] = (i32)q + zero;
        error[k] = e;
        value[k] = grid;
        before[k] = x;
      }
      if (!block.factor) continue;
      const Real *moves = u + column * block_columns;
#pragma unroll
      for (i32 later = k; later < lane_columns; later++) {
        const i32 target = later * lanes + lane;
        if (target > column && target < width) w[later] = minus(w[later], times(e, moves[target]));
      }
      if (!block.correction) continue;
      const Real *shifts =
          block.correction + (block.first + column) * block.columns + block.first;
#pragma unroll
      for (i32 later = k; later < lane_columns; later++) {
        const i32 target = later * lanes + lane;
        if (target > column && target < width) w[later] = plus(w[later], times(x, shifts[target]));
      }
    }
  }

  if (!isMine) return;
#pragma unroll
  for (i32 k = 0; k < lane_columns; k++) {
    const i32 column = k * lanes + lane;
    if (column >= width) continue;
    block.codes[start + column] = (u8)code[k];
    if (block.factor) block.error[row * block.stride + column] = error[k];
    if (block.correction) block.quantized[row * block.stride + column] = value[k];
    if (block.taken) block.taken[row * block.stride + column] = before[k];
  }
  if (lane == 0) {
    block.loss[row] += loss;
    block.clipped[row] += clipped;
  }
}

KERNEL BOUNDS(256, 2) void quantize_columns_f32(ColumnBlock<float> block) {
  quantize_columns(block);
}
KERNEL BOUNDS(256, 1) void quantize_columns_f64(ColumnBlock<double> block) {
  quantize_columns(block);
}
