// Causal attention without a matrix of scores (after Dao, arXiv 2307.08691): a block takes 128 queries
// of one head over tiles of 64 keys, with a running maximum and sum of exponentials.
// BF16 in and out, products on the tensor cores with float32 sums. Compiled for one head width,
// HEAD_WIDTH, at most 256.
#include "device.cuh"

#ifndef HEAD_WIDTH
#error "HEAD_WIDTH is the width of a head"
#endif

enum {
  query_rows = 128,
  key_rows = 64,
  head_width = HEAD_WIDTH,
  padded_width = (head_width + 15) / 16 * 16,
  // A row of shared memory is 16 bytes longer than its numbers, so that the 8 rows that a matrix is
  // loaded from begin in different banks.
  row_stride = padded_width + 8,
  width_steps = padded_width / 16,
  // A warp takes 16 queries, or twice as many where its registers hold their results: keys and values
  // then come out of shared memory half as often.
  row_tiles = padded_width <= 128 ? 2 : 1,
  attention_threads = query_rows / (16 * row_tiles) * warp_size
};

// Up to 128 queries and the keys that the first of them may see come from one window.
struct AttentionTask {
  i64 query, key;              // first row in Q and in K and V
  i32 queries, keys;           // how many there are
  i32 position;                // of the first query among the keys: it sees 0 ... position
};

struct AttentionShape {
  i32 heads, keyValueHeads;
  i64 queryStride, keyStride, valueStride, outStride;  // from one row to the next
  float scale;    // of the scores, before the cap
  float softCap;  // scores := cap · tanh(score / cap); 0 is no cap
  i32 slidingWindow;  // how many of the latest keys a query sees, its own included; 0 is all
};

// Loads `count` rows of a head into shared memory, zeros after them and after the head's width. Threads
// take 16 bytes at a time where rows allow it.
DEVICE void load_rows(u16 *shared, const u16 *rows, i64 stride, i32 count, i32 all) {
  if (head_width % 8 == 0 && stride % 8 == 0 && ((unsigned long long)rows & 15) == 0) {
    const i32 chunks = padded_width / 8;
    for (i32 i = threadIdx.x; i < all * chunks; i += attention_threads) {
      const i32 row = i / chunks, column = i % chunks * 8;
      const bool there = row < count && column < head_width;
      copy_16(shared + row * row_stride + column, there ? rows + row * stride + column : rows,
              there ? 16 : 0);
    }
  } else {
    for (i32 i = threadIdx.x; i < all * padded_width; i += attention_threads) {
      const i32 row = i / padded_width, column = i % padded_width;
      const bool there = row < count && column < head_width;
      shared[row * row_stride + column] = there ? rows[row * stride + column] : (u16)0;
    }
  }
}

// Q, K, V and out: rows of (heads, width) numbers. `sinks`, one logit a query head that takes part in
// the softmax and has no value, or null. The grid is (tasks, heads).
KERNEL BOUNDS(attention_threads, 1) void attention(const u16 *q, const u16 *k, const u16 *v, u16 *out,
                                                   const AttentionTask *tasks, const float *sinks,
                                                   AttentionShape shape) {
  DYNAMIC_SHARED(memory);
  u16 *sharedQ = (u16 *)memory;
  u16 *sharedK = sharedQ + query_rows * row_stride;
  u16 *sharedV = sharedK + 2 * key_rows * row_stride;

  const AttentionTask task = tasks[blockIdx.x];
  const i32 head = blockIdx.y, keyHead = head / (shape.heads / shape.keyValueHeads);
  const i32 warp = threadIdx.x / warp_size, lane = threadIdx.x % warp_size;
  const i32 group = lane >> 2, pair = lane & 3;
  q += task.query * shape.queryStride + (i64)head * head_width;
  k += task.key * shape.keyStride + (i64)keyHead * head_width;
  v += task.key * shape.valueStride + (i64)keyHead * head_width;
  out += task.query * shape.outStride + (i64)head * head_width;

  // The tiles of keys that any query sees.
  i32 lastKey = task.position + task.queries;
  lastKey = lastKey < task.keys ? lastKey : task.keys;
  i32 firstKey = 0;
  const i32 window = shape.slidingWindow;
  if (window > 0 && task.position - window + 1 > 0) firstKey = task.position - window + 1;
  const i32 firstTile = firstKey / key_rows, lastTile = (lastKey + key_rows - 1) / key_rows;

  load_rows(sharedQ, q, shape.queryStride, task.queries, query_rows);
  {
    const i32 first = firstTile * key_rows;
    load_rows(sharedK, k + first * shape.keyStride, shape.keyStride, lastKey - first, key_rows);
    load_rows(sharedV, v + first * shape.valueStride, shape.valueStride, lastKey - first, key_rows);
  }
  end_copy_group();

  // exp(scale · s) = 2^(unit · s). Capped scores are in a unit of their own.
  const float log2e = 1.4426950408889634f;
  const float unit = shape.softCap > 0 ? shape.softCap * log2e : shape.scale * log2e;
  float result[row_tiles][padded_width / 8][4];
  // Two rows of each 16 a thread: `group` and `group` + 8.
  float maximum[row_tiles][2], sum[row_tiles][2];
#pragma unroll
  for (i32 m = 0; m < row_tiles; m++) {
#pragma unroll
    for (i32 n = 0; n < padded_width / 8; n++)
      for (i32 c = 0; c < 4; c++) result[m][n][c] = 0;
    for (i32 r = 0; r < 2; r++) {
      maximum[m][r] = sinks ? sinks[head] * log2e / unit : -INFINITY_F;
      sum[m][r] = sinks && pair == 0 ? 1.0f : 0.0f;  // each of a row's 4 threads sums its own part
    }
  }
  const i32 firstRow = warp * 16 * row_tiles;
  const u16 *queryRow = sharedQ + (firstRow + (lane & 15)) * row_stride + (lane >> 4) * 8;

  for (i32 tile = firstTile; tile < lastTile; tile++) {
    const i32 stage = (tile - firstTile) & 1, firstOfTile = tile * key_rows;
    const u16 *tileK = sharedK + stage * key_rows * row_stride;
    const u16 *tileV = sharedV + stage * key_rows * row_stride;
    if (tile + 1 < lastTile) {
      const i32 next = firstOfTile + key_rows;
      load_rows(sharedK + (1 - stage) * key_rows * row_stride, k + next * shape.keyStride,
                shape.keyStride, lastKey - next, key_rows);
      load_rows(sharedV + (1 - stage) * key_rows * row_stride, v + next * shape.valueStride,
                shape.valueStride, lastKey - next, key_rows);
      end_copy_group();
      wait_for_copies(1);
    } else {
      wait_for_copies(0);
    }
    __syncthreads();

    // Scores of the warp's queries and 64 keys: S = Q·Kᵀ.
    float scores[row_tiles][key_rows / 8][4];
#pragma unroll
    for (i32 m = 0; m < row_tiles; m++)
#pragma unroll
      for (i32 n = 0; n < key_rows / 8; n++)
        for (i32 c = 0; c < 4; c++) scores[m][n][c] = 0;
#pragma unroll
    for (i32 step = 0; step < width_steps; step++) {
      u32 a[row_tiles][4];
#pragma unroll
      for (i32 m = 0; m < row_tiles; m++)
        load_tiles(a[m], queryRow + m * 16 * row_stride + step * 16);
#pragma unroll
      for (i32 n = 0; n < key_rows / 16; n++) {
        u32 b[4];
        load_tiles(b, tileK + (n * 16 + (lane & 7) + ((lane >> 4) << 3)) * row_stride + step * 16 +
                          ((lane >> 3) & 1) * 8);
#pragma unroll
        for (i32 m = 0; m < row_tiles; m++) {
          multiply_tile(scores[m][2 * n], a[m], b[0], b[1]);
          multiply_tile(scores[m][2 * n + 1], a[m], b[2], b[3]);
        }
      }
    }

    // The cap, and what these queries may not see.
    const i32 warpPosition = task.position + firstRow;
    const bool isInside =
        firstOfTile + key_rows - 1 <= warpPosition && firstOfTile + key_rows <= lastKey &&
        (window <= 0 || firstOfTile > warpPosition + 16 * row_tiles - 1 - window);
    if (shape.softCap > 0) {
#pragma unroll
      for (i32 m = 0; m < row_tiles; m++)
#pragma unroll
        for (i32 n = 0; n < key_rows / 8; n++)
#pragma unroll
          for (i32 c = 0; c < 4; c++)
            scores[m][n][c] = tanhf(scores[m][n][c] * (shape.scale / shape.softCap));
    }
    if (!isInside) {
#pragma unroll
      for (i32 m = 0; m < row_tiles; m++)
#pragma unroll
        for (i32 n = 0; n < key_rows / 8; n++)
#pragma unroll
          for (i32 c = 0; c < 4; c++) {
            const i32 key = firstOfTile + n * 8 + pair * 2 + (c & 1);
            const i32 own = warpPosition + m * 16 + group + (c >> 1) * 8;
            if (key > own || key >= lastKey || (window > 0 && key <= own - window))
              scores[m][n][c] = -INFINITY_F;
          }
    }

#pragma unroll
    for (i32 m = 0; m < row_tiles; m++) {
      // The running softmax of both rows.
#pragma unroll
      for (i32 r = 0; r < 2; r++) {
        float best = maximum[m][r];
#pragma unroll
        for (i32 n = 0; n < key_rows / 8; n++) {
          best = scores[m][n][2 * r] > best ? scores[m][n][2 * r] : best;
          best = scores[m][n][2 * r + 1] > best ? scores[m][n][2 * r + 1] : best;
        }
        for (i32 mask = 1; mask <= 2; mask <<= 1) {
          const float other = shuffle_xor(best, mask);
          best = other > best ? other : best;
        }
        // A row that has seen no key yet stays at nothing; -inf − -inf would be NaN.
        const float base = best == -INFINITY_F ? 0 : best * unit;
        const float rescale = fast_exp2(maximum[m][r] * unit - base);
        maximum[m][r] = best;
        float added = 0;
#pragma unroll
        for (i32 n = 0; n < key_rows / 8; n++) {
          scores[m][n][2 * r] = fast_exp2(scores[m][n][2 * r] * unit - base);
          scores[m][n][2 * r + 1] = fast_exp2(scores[m][n][2 * r + 1] * unit - base);
          added += scores[m][n][2 * r] + scores[m][n][2 * r + 1];
        }
        sum[m][r] = sum[m][r] * rescale + added;
#pragma unroll
        for (i32 n = 0; n < padded_width / 8; n++) {
          result[m][n][2 * r] *= rescale;
          result[m][n][2 * r + 1] *= rescale;
        }
      }
    }

    // Out += P·V.
#pragma unroll
    for (i32 step = 0; step < key_rows / 16; step++) {
      u32 p[row_tiles][4];
#pragma unroll
      for (i32 m = 0; m < row_tiles; m++)
#pragma unroll
        for (i32 c = 0; c < 4; c++) {
          const float *both = scores[m][2 * step + (c >> 1)] + (c & 1) * 2;
          p[m][c] = pack_brains(both[0], both[1]);
        }
#pragma unroll
      for (i32 n = 0; n < width_steps; n++) {
        u32 b[4];
        load_tiles_transposed(
            b, tileV + (step * 16 + (lane & 15)) * row_stride + n * 16 + (lane >> 4) * 8);
#pragma unroll
        for (i32 m = 0; m < row_tiles; m++) {
          multiply_tile(result[m][2 * n], p[m], b[0], b[1]);
          multiply_tile(result[m][2 * n + 1], p[m], b[2], b[3]);
        }
      }
    }
    __syncthreads();
  }
  wait_for_copies(0);

#pragma unroll
  for (i32 m = 0; m < row_tiles; m++)
#pragma unroll
    for (i32 r = 0; r < 2; r++) {
      float total = sum[m][r];
      for (i32 mask = 1; mask <= 2; mask <<= 1) total += shuffle_xor(total, mask);
      const i32 row = firstRow + m * 16 + group + r * 8;
      if (row >= task.queries) continue;
      const float inverse = 1.0f / total;
      u16 *place = out + row * shape.outStride;
#pragma unroll
      for (i32 n = 0; n < padded_width / 8; n++) {
        const i32 column = n * 8 + pair * 2;
        const u32 both =
            pack_brains(result[m][n][2 * r] * inverse, result[m][n][2 * r + 1] * inverse);
        if (column < head_width) place[column] = (u16)both;
        if (column + 1 < head_width) place[column + 1] = (u16)(both >> 16);
      }
    }
}
