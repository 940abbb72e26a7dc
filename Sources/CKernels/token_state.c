#include <math.h>

#include "internal.h"

tenbin_token_state tenbin_token_state_empty(void) {
  tenbin_running_softmax none = {-INFINITY, 0, -1};
  tenbin_token_state state = {none, none, 0, 0, 0};
  return state;
}

// The maximum of a row and where it stands first; returns how the old sum must be scaled.
static inline __attribute__((always_inline)) double raise_maximum(tenbin_running_softmax *running, const float *row, int32_t count,
                            int32_t first) {
  float max = tenbin_max(row, (size_t)count);
  if (max <= running->max) return 1;
  int32_t top = 0;
  while (top < count - 1 && row[top] != max) top++;
  double rescale = exp(running->max - (double)max);
  running->max = max;
  running->top = first + top;
  return rescale;
}

TENBIN_SIMD void tenbin_token_state_update(tenbin_token_state *state, const float *base,
                                           const float *trial, int32_t count, int32_t first,
                                           int32_t target) {
  double base_scale = raise_maximum(&state->base, base, count, first);
  double trial_scale = raise_maximum(&state->trial, trial, count, first);
  const float base_max = (float)state->base.max, trial_max = (float)state->trial.max;
  double base_sum = 0, trial_sum = 0, difference = 0;
  // Blocks summed in float32 lanes, lanes in double: exact enough, and vectorizable.
  for (int32_t start = 0; start < count; start += 512) {
    int32_t end = start + 512 < count ? start + 512 : count;
    float b[16] = {0}, t[16] = {0}, d[16] = {0};
    int32_t i = start;
    for (; i + 16 <= end; i += 16)
      for (int32_t lane = 0; lane < 16; lane++) {
        float e = tenbin_exp(base[i + lane] - base_max);
        b[lane] += e;
        d[lane] += e * (base[i + lane] - trial[i + lane]);
        t[lane] += tenbin_exp(trial[i + lane] - trial_max);
      }
    for (; i < end; i++) {
      float e = tenbin_exp(base[i] - base_max);
      b[0] += e;
      d[0] += e * (base[i] - trial[i]);
      t[0] += tenbin_exp(trial[i] - trial_max);
    }
    for (int32_t lane = 0; lane < 16; lane++) {
      base_sum += b[lane];
      trial_sum += t[lane];
      difference += d[lane];
    }
  }
  state->base.sum = state->base.sum * base_scale + base_sum;
  state->weighted_difference = state->weighted_difference * base_scale + difference;
  state->trial.sum = state->trial.sum * trial_scale + trial_sum;
  if (target >= first && target < first + count) {
    state->base_target = base[target - first];
    state->trial_target = trial[target - first];
  }
}
