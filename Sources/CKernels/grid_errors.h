// Included by grid_search.c once for each precision: REAL, ROUNDER and NAMED() are its parameters.

// The error q·scale − w of one weight on a grid whose codes less zero go from `low` to `high`.
static inline __attribute__((always_inline)) REAL NAMED(grid_error)(REAL weight, REAL scale,
                                                                    REAL inverse, REAL low,
                                                                    REAL high) {
  REAL q = weight * inverse;
  q = q > low ? q : low;
  q = q < high ? q : high;
  q = (q + ROUNDER) - ROUNDER;
  return q * scale - weight;
}

// Σ importance·distance² of the weights outside of `first` … `last`: no grid with these ends does better.
static inline __attribute__((always_inline)) REAL NAMED(clipped)(const REAL *weight,
                                                                 const REAL *importance,
                                                                 size_t columns, REAL first,
                                                                 REAL last) {
  enum { lanes = 16 };
  REAL sums[lanes];
  for (size_t lane = 0; lane < lanes; lane++) sums[lane] = 0;
  for (size_t i = 0; i + lanes <= columns; i += lanes)
    for (size_t lane = 0; lane < lanes; lane++) {
      const REAL w = weight[i + lane];
      REAL nearest = w > first ? w : first;
      nearest = nearest < last ? nearest : last;
      sums[lane] += importance[i + lane] * ((w - nearest) * (w - nearest));
    }
  REAL sum = 0;
  for (size_t lane = 0; lane < lanes; lane++) sum += sums[lane];
  return sum;
}

// Sixteen grids go side by side through the columns, so that nothing is added across lanes.
TENBIN_SIMD size_t NAMED(tenbin_least_grid)(const REAL *weight, const REAL *importance,
                                            size_t columns, const float *scales,
                                            const int32_t *zeros, size_t grids, int32_t max_code) {
  enum { lanes = 16, stretch = 32 };
  size_t best = 0;
  REAL least = INFINITY;
  for (size_t start = 0; start < grids; start += lanes) {
    const size_t count = grids - start < lanes ? grids - start : lanes;
    REAL scale[lanes], inverse[lanes], low[lanes], high[lanes], sums[lanes];
    REAL first = INFINITY, last = -INFINITY;
    for (size_t lane = 0; lane < lanes; lane++) {
      const size_t grid = start + (lane < count ? lane : 0);
      scale[lane] = scales[grid];
      inverse[lane] = (REAL)1 / scale[lane];
      low[lane] = (REAL)-zeros[grid];
      high[lane] = (REAL)(max_code - zeros[grid]);
      const REAL one = low[lane] * scale[lane], other = high[lane] * scale[lane];
      first = one < first ? one : first;
      first = other < first ? other : first;
      last = one > last ? one : last;
      last = other > last ? other : last;
      sums[lane] = 0;
    }
    // By more than what rounding does to sums.
    if (start > 0 &&
        NAMED(clipped)(weight, importance, columns, first, last) > (REAL)1.001 * least)
      continue;
    int hopeful = 1;
    for (size_t i = 0; i < columns && hopeful; i += stretch) {
      const size_t end = i + stretch < columns ? i + stretch : columns;
      REAL part[lanes];
      for (size_t lane = 0; lane < lanes; lane++) part[lane] = 0;
      for (size_t k = i; k < end; k++) {
        const REAL w = weight[k], h = importance[k];
        for (size_t lane = 0; lane < lanes; lane++) {
          const REAL e =
              NAMED(grid_error)(w, scale[lane], inverse[lane], low[lane], high[lane]);
          part[lane] += h * (e * e);
        }
      }
      // Errors only grow: the grids are given up as soon as none of them is better than the best.
      hopeful = 0;
      for (size_t lane = 0; lane < lanes; lane++) {
        sums[lane] += part[lane];
        hopeful |= sums[lane] < least;
      }
    }
    if (!hopeful) continue;
    for (size_t lane = 0; lane < count; lane++)
      // Weights that nothing can be divided by keep the first grid.
      if (sums[lane] < least && inverse[lane] < INFINITY && inverse[lane] > -INFINITY) {
        least = sums[lane];
        best = start + lane;
      }
  }
  return best;
}

TENBIN_SIMD void NAMED(tenbin_grid_errors)(const REAL *weight, size_t columns, const float *scales,
                                           const int32_t *zeros, size_t grids, int32_t max_code,
                                           REAL *errors) {
  for (size_t grid = 0; grid < grids; grid++, errors += columns) {
    const REAL scale = scales[grid], inverse = (REAL)1 / scale;
    const REAL low = (REAL)-zeros[grid], high = (REAL)(max_code - zeros[grid]);
    for (size_t i = 0; i < columns; i++)
      errors[i] = NAMED(grid_error)(weight[i], scale, inverse, low, high);
  }
}

TENBIN_SIMD size_t NAMED(tenbin_least_product)(const REAL *errors, const REAL *products,
                                               size_t columns, size_t grids) {
  enum { lanes = 16 };
  size_t best = 0;
  REAL least = INFINITY;
  for (size_t grid = 0; grid < grids; grid++, errors += columns, products += columns) {
    REAL sums[lanes];
    for (size_t lane = 0; lane < lanes; lane++) sums[lane] = 0;
    size_t i = 0;
    for (; i + lanes <= columns; i += lanes)
      for (size_t lane = 0; lane < lanes; lane++)
        sums[lane] += errors[i + lane] * products[i + lane];
    REAL sum = 0;
    for (size_t lane = 0; lane < lanes; lane++) sum += sums[lane];
    for (; i < columns; i++) sum += errors[i] * products[i];
    if (sum < least) {
      least = sum;
      best = grid;
    }
  }
  return best;
}
