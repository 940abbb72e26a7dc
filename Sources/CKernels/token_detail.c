#include <math.h>

#include "internal.h"

tenbin_token_detail tenbin_token_detail_empty(void) {
  tenbin_token_detail detail;
  detail.state = tenbin_token_state_empty();
  detail.reverse_difference = 0;
  for (int32_t i = 0; i < TENBIN_LARGEST; i++) {
    detail.base_largest[i] = detail.trial_largest[i] = -INFINITY;
    detail.base_places[i] = detail.trial_places[i] = -1;
  }
  return detail;
}

// Keeps the largest logits and where they stand, in descending order, the first of equals before.
static inline __attribute__((always_inline)) void keep_largest(float *largest, int32_t *places,
                                                               const float *row, int32_t count,
                                                               int32_t first) {
  for (int32_t start = 0; start < count; start += 128) {
    const int32_t end = start + 128 < count ? start + 128 : count;
    if (!(tenbin_max(row + start, (size_t)(end - start)) > largest[TENBIN_LARGEST - 1])) continue;
    for (int32_t i = start; i < end; i++) {
      if (!(row[i] > largest[TENBIN_LARGEST - 1])) continue;
      int32_t place = TENBIN_LARGEST - 1;
      for (; place > 0 && row[i] > largest[place - 1]; place--) {
        largest[place] = largest[place - 1];
        places[place] = places[place - 1];
      }
      largest[place] = row[i];
      places[place] = first + i;
    }
  }
}

TENBIN_SIMD void tenbin_token_detail_update(tenbin_token_detail *detail, const float *base,
                                            const float *trial, int32_t count, int32_t first,
                                            int32_t target) {
  const double before = detail->state.trial.max;
  tenbin_token_state_update(&detail->state, base, trial, count, first, target);
  const double after = detail->state.trial.max;
  const float max = (float)after;
  double sum = 0;
  for (int32_t start = 0; start < count; start += 512) {
    int32_t end = start + 512 < count ? start + 512 : count;
    float d[16] = {0};
    int32_t i = start;
    for (; i + 16 <= end; i += 16)
      for (int32_t lane = 0; lane < 16; lane++)
        d[lane] += tenbin_exp(trial[i + lane] - max) * (trial[i + lane] - base[i + lane]);
    for (; i < end; i++) d[0] += tenbin_exp(trial[i] - max) * (trial[i] - base[i]);
    for (int32_t lane = 0; lane < 16; lane++) sum += d[lane];
  }
  const double rescale = after > before ? exp(before - after) : 1;
  detail->reverse_difference = detail->reverse_difference * rescale + sum;
  keep_largest(detail->base_largest, detail->base_places, base, count, first);
  keep_largest(detail->trial_largest, detail->trial_places, trial, count, first);
}
