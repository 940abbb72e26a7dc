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

TENBIN_SIMD size_t NAMED(tenbin_least_grid)(const REAL *weight, const REAL *importance,
                                            size_t columns, const float *scales,
                                            const int32_t *zeros, size_t grids, int32_t max_code) {
  enum { lanes = 16, stretch = 32 };
  size_t best = 0;
  REAL least = INFINITY;
  for (size_t grid = 0; grid < grids; grid++) {
    const REAL scale = scales[grid], inverse = (REAL)1 / scale;
    const REAL low = (REAL)-zeros[grid], high = (REAL)(max_code - zeros[grid]);
    // Weights that nothing can be divided by keep the first grid.
    if (!(inverse < INFINITY && inverse > -INFINITY)) continue;
    REAL sums[lanes];
    for (size_t lane = 0; lane < lanes; lane++) sums[lane] = 0;
    REAL sum = 0;
    size_t i = 0;
    // Errors only grow: a grid is given up as soon as it is no better than the best.
    while (i + lanes <= columns && sum < least) {
      size_t end = i + stretch < columns ? i + stretch : columns;
      for (; i + lanes <= end; i += lanes)
        for (size_t lane = 0; lane < lanes; lane++) {
          const REAL e = NAMED(grid_error)(weight[i + lane], scale, inverse, low, high);
          sums[lane] += importance[i + lane] * (e * e);
        }
      REAL halves[lanes / 2];
      for (size_t lane = 0; lane < lanes / 2; lane++)
        halves[lane] = sums[lane] + sums[lane + lanes / 2];
      sum = ((halves[0] + halves[1]) + (halves[2] + halves[3])) +
            ((halves[4] + halves[5]) + (halves[6] + halves[7]));
    }
    if (!(sum < least)) continue;
    for (; i < columns; i++) {
      const REAL e = NAMED(grid_error)(weight[i], scale, inverse, low, high);
      sum += importance[i] * (e * e);
    }
    if (sum < least) {
      least = sum;
      best = grid;
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
