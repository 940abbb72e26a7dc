// The GPTQ column loop on a tile of at most 16 rows, whose rows are the SIMD lanes.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct {
  size_t rows;      // of the tile, 1 to 16
  size_t columns;   // of the block
  size_t groups;    // row stride of scales and zeros
  size_t weight_stride, factor_stride, error_stride, code_stride;
  int32_t max_code;  // 2^bits - 1
} tenbin_column_loop_tile;

typedef struct {
  double loss;     // sum of ((w - q) / d)^2
  size_t clipped;  // weights more than half a step outside the grid
} tenbin_column_loop_tally;

// Quantizes the block's columns one after another, each moving those after it by
// error · factor[column, later], as the paper's algorithm 1 does inside a block.
//   weight  (rows, columns), read only       factor  the block's corner of U, (columns, columns)
//   correction  the same corner of P, or NULL: each column also moves those after it by
//               + w · P[column, later], w being its value before it is quantized (GPTAQ)
//   scales, zeros  (rows, groups)            group   the group of each column
//   error   (columns, rows): (w - q) / d     codes   (rows, columns)
//   work    columns · 16 elements
// Without a factor (NULL) no column moves another: round-to-nearest, d = 1, error may be NULL.
tenbin_column_loop_tally tenbin_column_loop_f32(
    const tenbin_column_loop_tile *tile, const float *weight, const float *factor,
    const float *correction, const float *scales, const int32_t *zeros, const int32_t *group,
    float *error, uint8_t *codes, float *work);
tenbin_column_loop_tally tenbin_column_loop_f64(
    const tenbin_column_loop_tile *tile, const double *weight, const double *factor,
    const double *correction, const float *scales, const int32_t *zeros, const int32_t *group,
    double *error, uint8_t *codes, double *work);

// Lowers *low and raises *high to the smallest and the largest of `count` values.
void tenbin_range_f32(const float *values, size_t count, float *low, float *high);
void tenbin_range_f64(const double *values, size_t count, double *low, double *high);

// out[column] := scales[group[column]] · (codes[column] - zeros[group[column]]), one row.
void tenbin_dequantize(const uint8_t *codes, const float *scales, const int32_t *zeros,
                       const int32_t *group, float *out, size_t columns);
