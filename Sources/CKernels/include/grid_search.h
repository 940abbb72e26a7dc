// The search for the grid of one group of weights of one row: which of `grids` pairs of a scale and a
// zero gives the least error, codes being 0 to max_code = 2^bits - 1.
#pragma once
#include <stddef.h>
#include <stdint.h>

// The first grid whose Σ importance·(ŵ - w)² is least; importance is not negative.
size_t tenbin_least_grid_f32(const float *weight, const float *importance, size_t columns,
                             const float *scales, const int32_t *zeros, size_t grids,
                             int32_t max_code);
size_t tenbin_least_grid_f64(const double *weight, const double *importance, size_t columns,
                             const float *scales, const int32_t *zeros, size_t grids,
                             int32_t max_code);

// errors, (grids, columns): ŵ - w on each grid.
void tenbin_grid_errors_f32(const float *weight, size_t columns, const float *scales,
                            const int32_t *zeros, size_t grids, int32_t max_code, float *errors);
void tenbin_grid_errors_f64(const double *weight, size_t columns, const float *scales,
                            const int32_t *zeros, size_t grids, int32_t max_code, double *errors);

// The first grid whose Σ errors·products is least, both (grids, columns).
size_t tenbin_least_product_f32(const float *errors, const float *products, size_t columns,
                                size_t grids);
size_t tenbin_least_product_f64(const double *errors, const double *products, size_t columns,
                                size_t grids);
