// Included by column_loop.c once for each precision: REAL, ROUNDER and NAMED() are its parameters.

TENBIN_SIMD tenbin_column_loop_tally NAMED(tenbin_column_loop)(
    const tenbin_column_loop_tile *tile, const REAL *weight, const REAL *factor,
    const REAL *correction, const float *scales, const int32_t *zeros, const int32_t *group,
    REAL *error, uint8_t *codes, REAL *work) {
  enum { lanes = 16, panel_width = 8 };
  const size_t rows = tile->rows, columns = tile->columns;

  // The tile, transposed: columns of 16 rows. Lanes without a row hold zeros.
  for (size_t column = 0; column < columns; column++)
    for (size_t lane = 0; lane < lanes; lane++)
      work[column * lanes + lane] =
          lane < rows ? weight[lane * tile->weight_stride + column] : (REAL)0;

  REAL scale[lanes], low[lanes], high[lanes], loss[lanes], clipped[lanes];
  for (size_t lane = 0; lane < lanes; lane++) {
    scale[lane] = 1;
    low[lane] = high[lane] = loss[lane] = clipped[lane] = 0;
  }
  int32_t current_group = -1;

  for (size_t start = 0; start < columns; start += panel_width) {
    const size_t width = columns - start < panel_width ? columns - start : panel_width;
    REAL errors[panel_width][lanes], values[panel_width][lanes];

    for (size_t i = 0; i < width; i++) {
      const size_t column = start + i;
      if (group[column] != current_group) {
        current_group = group[column];
        for (size_t lane = 0; lane < rows; lane++) {
          size_t entry = lane * tile->groups + (size_t)current_group;
          scale[lane] = scales[entry];
          low[lane] = (REAL)-zeros[entry];
          high[lane] = (REAL)(tile->max_code - zeros[entry]);
        }
      }
      REAL w[lanes];
      for (size_t lane = 0; lane < lanes; lane++) w[lane] = work[column * lanes + lane];
      if (factor)
        for (size_t k = 0; k < i; k++) {
          const REAL u = factor[(start + k) * tile->factor_stride + column];
          for (size_t lane = 0; lane < lanes; lane++) w[lane] -= errors[k][lane] * u;
        }
      if (correction) {
        for (size_t k = 0; k < i; k++) {
          const REAL p = correction[(start + k) * tile->factor_stride + column];
          for (size_t lane = 0; lane < lanes; lane++) w[lane] += values[k][lane] * p;
        }
        for (size_t lane = 0; lane < lanes; lane++) values[i][lane] = w[lane];
      }
      const REAL d = factor ? factor[column * tile->factor_stride + column] : (REAL)1;
      REAL code[lanes];
      for (size_t lane = 0; lane < lanes; lane++) {
        // Clamping to whole numbers first and rounding after gives what rounding first does.
        const REAL steps = w[lane] / scale[lane];
        REAL q = steps > low[lane] ? steps : low[lane];
        q = q < high[lane] ? q : high[lane];
        q = (q + ROUNDER) - ROUNDER;
        const REAL e = (w[lane] - q * scale[lane]) / d;
        errors[i][lane] = e;
        loss[lane] += e * e;
        clipped[lane] +=
            ((steps > high[lane] + (REAL)0.5) | (steps < low[lane] - (REAL)0.5)) ? (REAL)1 : (REAL)0;
        code[lane] = q - low[lane];
      }
      for (size_t lane = 0; lane < rows; lane++)
        codes[lane * tile->code_stride + column] = (uint8_t)code[lane];
      if (error)
        for (size_t lane = 0; lane < rows; lane++)
          error[column * tile->error_stride + lane] = errors[i][lane];
    }

    if (!factor) continue;
    const REAL *u = factor + start * tile->factor_stride;
    if (width == panel_width) {
      for (size_t column = start + width; column < columns; column++) {
        REAL w[lanes];
        for (size_t lane = 0; lane < lanes; lane++) w[lane] = work[column * lanes + lane];
        for (size_t k = 0; k < panel_width; k++)
          for (size_t lane = 0; lane < lanes; lane++)
            w[lane] -= errors[k][lane] * u[k * tile->factor_stride + column];
        for (size_t lane = 0; lane < lanes; lane++) work[column * lanes + lane] = w[lane];
      }
      if (!correction) continue;
      const REAL *p = correction + start * tile->factor_stride;
      for (size_t column = start + width; column < columns; column++)
        for (size_t k = 0; k < panel_width; k++)
          for (size_t lane = 0; lane < lanes; lane++)
            work[column * lanes + lane] += values[k][lane] * p[k * tile->factor_stride + column];
    }
  }

  tenbin_column_loop_tally tally = {0, 0};
  for (size_t lane = 0; lane < rows; lane++) {
    tally.loss += loss[lane];
    tally.clipped += (size_t)clipped[lane];
  }
  return tally;
}

TENBIN_SIMD void NAMED(tenbin_range)(const REAL *values, size_t count, REAL *low, REAL *high) {
  REAL lows[16], highs[16];
  for (size_t lane = 0; lane < 16; lane++) {
    lows[lane] = *low;
    highs[lane] = *high;
  }
  size_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (size_t lane = 0; lane < 16; lane++) {
      lows[lane] = values[i + lane] < lows[lane] ? values[i + lane] : lows[lane];
      highs[lane] = values[i + lane] > highs[lane] ? values[i + lane] : highs[lane];
    }
  for (; i < count; i++) {
    lows[0] = values[i] < lows[0] ? values[i] : lows[0];
    highs[0] = values[i] > highs[0] ? values[i] : highs[0];
  }
  for (size_t lane = 0; lane < 16; lane++) {
    *low = lows[lane] < *low ? lows[lane] : *low;
    *high = highs[lane] > *high ? highs[lane] : *high;
  }
}
