// Statistics of packed codes, for audits of checkpoints. Columns stand in the order of their groups:
// group g has the columns starts[g] to starts[g + 1] - 1 of a row.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Codes out of `words`, (inputs · bits / 32, out), the inverse of `tenbin_pack_codes`: rows `first`
// to first + rows - 1 of the transpose, (rows, inputs).
void tenbin_unpack_codes(const int32_t *words, size_t out, size_t inputs, int32_t bits, int planes,
                         size_t first, size_t rows, uint8_t *codes);

// out[i] := in[order[i]]
void tenbin_gather_codes(const uint8_t *in, const int32_t *order, uint8_t *out, size_t count);
void tenbin_gather_floats(const float *in, const int32_t *order, float *out, size_t count);

typedef struct {
  int64_t sum, squares;  // of code - zero
  uint32_t histogram[4][256];
} tenbin_code_tally;

// Adds one row to `tally`, and gives each group its smallest and largest code (255 and 0 where it
// has no column) and its spread: the mean of |code - zero| without the farthest.
void tenbin_group_codes(const uint8_t *codes, const int32_t *starts, size_t groups,
                        const int32_t *zeros, uint8_t *low, uint8_t *high, float *spread,
                        tenbin_code_tally *tally);

typedef struct {
  double error, power;       // of w - scale·(code - zero), and of w: sums of squares
  double wrapped_error;      // the part of `error` that wrapped codes have
  double bias;               // of code - target, each within ±3, where targets are on the grid
  int64_t biased;            // how many those are
  int64_t clipped;           // targets more than half a step outside the grid
  int64_t top, reversed, wrapped;
  int64_t judged, judged_far[6];  // codes of sound groups, and those farther than `tenbin_far`
} tenbin_base_tally;

// Deviations from its target beyond which a code is counted as far.
static const float tenbin_far[6] = {6, 8, 12, 16, 24, 48};

// Holds one row of weights against its codes, in steps: the target of a weight is w/scale + zero.
// A code in the lowest quarter of its grid whose target is in the highest, three quarters of the
// grid away, has wrapped; `reversed` counts the opposite, `top` the targets in the highest quarter.
// `drift` is the deviation of codes from targets of each column, in steps of the row's mean scale;
// a code is far where it is 8 deviations and 2.5 steps off its target, which the grid's ends hold.
// Gives each group Σ w·(code - zero), Σ (code - zero)² and Σ w², wrapped and far ones left out, the
// mean of code - target, and in `wrapped` how many of its codes have. A group of which more than a
// quarter is far, or whose other codes are not of its weights' size, has another defect: its far
// codes stay in, and are not tallied.
void tenbin_base_row(const float *weight, const uint8_t *codes, const int32_t *starts,
                     size_t groups, const float *scales, const int32_t *zeros, int32_t levels,
                     const float *drift, float *products, float *squares, float *powers, float *fourths,
                     float *bias, int32_t *wrapped, tenbin_base_tally *tally);
