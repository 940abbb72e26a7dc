#include "weight_errors.h"

#include "internal.h"

enum { chunk = 256 };

// The slots of a count: the bins, those of clipped weights, and two more.
enum {
  clipped_slots = tenbin_error_bins,
  not_finite_slot = 2 * tenbin_error_bins,
  dead_slot,
  slots,
};

// The slot of each of `count` weights, and the squares of their errors, 0 where there is none.
TENBIN_SIMD static void find_slots(const float *weight, const uint8_t *codes, const int32_t *group,
                                   const uint8_t *dead, const float *scales, const int32_t *zeros,
                                   size_t count, int32_t top, int32_t *slot, float *square) {
  const float end = tenbin_steps_each_way * tenbin_bins_per_step;
  const float near = 0.5f + 1.0f / 1024;
  for (size_t i = 0; i < count; i++) {
    const int32_t g = group[i], code = codes[i];
    const float error = weight[i] / scales[g] - (float)(code - zeros[g]);
    const float squared = error * error;
    const int is_finite = squared - squared == 0.0f;
    float place = error * tenbin_bins_per_step;
    // A weight in the middle between two codes, on either side of it.
    const float inside = 0.5f * tenbin_bins_per_step;
    const int is_at_half = (error >= 0.5f) & (error <= near);
    const int is_at_minus_half = (error < -0.5f) & (error >= -near);
    place = is_at_half ? inside - 1 : place;
    place = is_at_minus_half ? -inside : place;
    place = is_finite ? place : 0.0f;
    place = place < -end - 1 ? -end - 1 : place;
    place = place > end ? end : place;
    // Shifted to be positive, so that the conversion rounds down.
    int32_t bin = (int32_t)(place + (end + 1));
    const int is_clipped = ((code == 0) & (error < -near)) | ((code == top) & (error > near));
    bin = is_clipped ? bin + clipped_slots : bin;
    bin = is_finite ? bin : not_finite_slot;
    slot[i] = dead[i] ? dead_slot : bin;
    square[i] = slot[i] < not_finite_slot ? squared : 0.0f;
  }
}

void tenbin_weight_errors(const float *weight, const uint8_t *codes, const int32_t *group,
                          const uint8_t *dead, const float *scales, const int32_t *zeros,
                          size_t columns, int32_t top, tenbin_error_tally *tally) {
  // Several counts of one slot, so that a weight need not wait for the one before.
  uint32_t counts[4][slots] = {{0}};
  double squares = 0;
  int32_t slot[chunk];
  float square[chunk];
  for (size_t begin = 0; begin < columns; begin += chunk) {
    const size_t count = columns - begin < chunk ? columns - begin : chunk;
    find_slots(weight + begin, codes + begin, group + begin, dead + begin, scales, zeros, count, top,
               slot, square);
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
      counts[i & 3][slot[i]]++;
      sum += square[i];
    }
    squares += sum;
  }
  for (int way = 0; way < 4; way++) {
    for (int bin = 0; bin < tenbin_error_bins; bin++) {
      tally->weights[bin] += counts[way][bin];
      tally->clipped[bin] += counts[way][bin + clipped_slots];
    }
    tally->not_finite += counts[way][not_finite_slot];
    tally->dead += counts[way][dead_slot];
  }
  tally->squares += squares;
}
