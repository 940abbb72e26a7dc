// What each predicted token tells about a trial against its base, vocabulary tile by vocabulary tile.
#include "device.cuh"

// Laid out as the CPU's tenbin_token_state, so that the states come down as they are.
struct RunningSoftmax {
  double max, sum;  // Σ exp(x − max)
  i32 top;          // where the maximum stands first
};
struct TokenState {
  RunningSoftmax base, trial;
  double weightedDifference;  // Σ exp(a − base.max)·(a − b)
  float baseTarget, trialTarget;
};

// States of which nothing has been seen.
KERNEL BOUNDS(256, 2) void start_tokens(TokenState *states, i64 count) {
  const RunningSoftmax none = {-INFINITY_F, 0, -1};
  for (i64 i = global_thread(); i < count; i += global_threads()) {
    states[i].base = none;
    states[i].trial = none;
    states[i].weightedDifference = 0;
    states[i].baseTarget = 0;
    states[i].trialTarget = 0;
  }
}

struct Best {
  float value;
  i32 place;
};

// The maximum of a block's values and its first place; every thread gets it.
DEVICE Best block_best(Best best, Best *room) {
  for (i32 mask = 16; mask > 0; mask >>= 1) {
    const float value = shuffle_xor(best.value, mask);
    const i32 place = shuffle_xor(best.place, mask);
    if (value > best.value || (value == best.value && place < best.place)) {
      best.value = value;
      best.place = place;
    }
  }
  __syncthreads();
  if (threadIdx.x % warp_size == 0) room[threadIdx.x / warp_size] = best;
  __syncthreads();
  best = room[0];
  for (u32 warp = 1; warp < (blockDim.x + warp_size - 1) / warp_size; warp++) {
    const Best other = room[warp];
    if (other.value > best.value || (other.value == best.value && other.place < best.place))
      best = other;
  }
  return best;
}

DEVICE Best row_best(const float *row, i32 count, Best *room) {
  Best best = {-INFINITY_F, 0x7fffffff};
  for (i32 i = threadIdx.x; i < count; i += blockDim.x)
    if (row[i] > best.value || best.place == 0x7fffffff) {
      best.value = row[i];
      best.place = i;
    }
  return block_best(best, room);
}

// What the old sum must be scaled with when the maximum rises to `best`.
DEVICE double raise_maximum(RunningSoftmax *running, Best best, i32 first) {
  if (!((double)best.value > running->max)) return 1;
  const double rescale = exp(running->max - (double)best.value);
  running->max = best.value;
  running->top = first + best.place;
  return rescale;
}

// Takes `count` logits a row of base and trial, the first being entry `first` of the vocabulary, into
// the states: a block a row. Rows of both are `stride` numbers apart.
KERNEL BOUNDS(256, 2) void update_tokens(const float *base, const float *trial, i64 stride,
                                         i32 count, i32 first, const i32 *targets,
                                         TokenState *states) {
  __shared__ Best bestRoom[32];
  __shared__ double room[32];
  const float *a = base + blockIdx.x * stride, *b = trial + blockIdx.x * stride;
  const Best baseBest = row_best(a, count, bestRoom);
  const Best trialBest = row_best(b, count, bestRoom);
  TokenState state = states[blockIdx.x];
  const double baseScale = raise_maximum(&state.base, baseBest, first);
  const double trialScale = raise_maximum(&state.trial, trialBest, first);
  const float baseMax = (float)state.base.max, trialMax = (float)state.trial.max;
  double baseSum = 0, trialSum = 0, difference = 0;
  for (i32 i = threadIdx.x; i < count; i += blockDim.x) {
    const float e = expf(a[i] - baseMax);
    baseSum += e;
    difference += (double)e * ((double)a[i] - (double)b[i]);
    trialSum += expf(b[i] - trialMax);
  }
  baseSum = block_sum(baseSum, room);
  trialSum = block_sum(trialSum, room);
  difference = block_sum(difference, room);
  if (threadIdx.x != 0) return;
  state.base.sum = state.base.sum * baseScale + baseSum;
  state.trial.sum = state.trial.sum * trialScale + trialSum;
  state.weightedDifference = state.weightedDifference * baseScale + difference;
  const i32 target = targets[blockIdx.x];
  if (target >= first && target < first + count) {
    state.baseTarget = a[target - first];
    state.trialTarget = b[target - first];
  }
  states[blockIdx.x] = state;
}
