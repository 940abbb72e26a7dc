// How far quantized weights are from the original ones, counted in steps of their grids.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum {
  tenbin_bins_per_step = 8,
  tenbin_steps_each_way = 3,
  // Below the first bound, between two of them, and from the last one on.
  tenbin_error_bins = 2 * tenbin_steps_each_way * tenbin_bins_per_step + 2,
};

typedef struct {
  uint64_t weights[tenbin_error_bins];  // not clipped
  uint64_t clipped[tenbin_error_bins];  // the code is an end of the grid, and the weight lies beyond it
  uint64_t dead;                        // of inputs that are always 0
  uint64_t not_finite;                  // those whose squared error is none in float32
  double squares;  // Σ error² of all that are counted in `weights` and `clipped`
} tenbin_error_tally;

// Adds one row to `tally`. The error of a weight is w/scale - (code - zero), with the scale and the
// zero of group[column]; codes are 0 to `top`. Half a step, and a thousandth more for the rounding of
// the division, is still the nearest code. Columns whose `dead` is not 0 are counted alone.
void tenbin_weight_errors(const float *weight, const uint8_t *codes, const int32_t *group,
                          const uint8_t *dead, const float *scales, const int32_t *zeros,
                          size_t columns, int32_t top, tenbin_error_tally *tally);
