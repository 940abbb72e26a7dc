#include "code_statistics.h"

#include <math.h>
#include <string.h>

#include "internal.h"
#include "packing.h"

// Eight codes of four bits, one a byte.
static inline uint64_t spread_nibbles(uint32_t word) {
  uint64_t x = word;
  x = (x | x << 16) & 0x0000FFFF0000FFFFull;
  x = (x | x << 8) & 0x00FF00FF00FF00FFull;
  return (x | x << 4) & 0x0F0F0F0F0F0F0F0Full;
}

// Four codes of two bits, one a byte.
static inline uint32_t spread_pairs(uint32_t byte) {
  uint32_t x = byte & 0xFF;
  x = (x | x << 12) & 0x000F000Fu;
  return (x | x << 6) & 0x03030303u;
}

static void unpack_word(uint32_t word, int32_t bits, uint8_t *out) {
  if (bits == 8) {
    memcpy(out, &word, 4);
  } else if (bits == 4) {
    uint64_t codes = spread_nibbles(word);
    memcpy(out, &codes, 8);
  } else {
    for (int k = 0; k < 4; k++) {
      uint32_t codes = spread_pairs(word >> (8 * k));
      memcpy(out + 4 * k, &codes, 4);
    }
  }
}

static void unpack_three_words(uint32_t a, uint32_t b, uint32_t c, uint8_t *out) {
  for (int k = 0; k < 10; k++) out[k] = (a >> (3 * k)) & 7;
  out[10] = (a >> 30 | b << 2) & 7;
  for (int k = 11; k < 21; k++) out[k] = (b >> (3 * (k - 11) + 1)) & 7;
  out[21] = (b >> 31 | c << 1) & 7;
  for (int k = 22; k < 32; k++) out[k] = (c >> (3 * (k - 22) + 2)) & 7;
}

// The 32 codes of a run of `bits` lines, in planes.
static void unpack_planes(const int32_t *words, size_t stride, int32_t bits, uint8_t *out) {
  memset(out, 0, 32);
  for (int32_t offset = 0; offset < bits;) {
    const int32_t width = tenbin_plane_width(bits - offset);
    const uint32_t mask = (1u << width) - 1;
    const int count = 32 / width;
    for (int w = 0; w < width; w++) {
      const uint32_t fields = (uint32_t)words[(size_t)(offset + w) * stride];
      for (int j = 0; j < count; j++)
        out[w * count + j] |= (uint8_t)(((fields >> (width * j)) & mask) << offset);
    }
    offset += width;
  }
}

void tenbin_unpack_codes(const int32_t *words, size_t out, size_t inputs, int32_t bits, int planes,
                         size_t first, size_t rows, uint8_t *codes) {
  // Blocks whose words stay in the first-level cache while a few rows are filled from them.
  enum { block = 192 };
  size_t lines = inputs / 32 * (size_t)bits;
  if (planes) {
    for (size_t run = 0; run < inputs / 32; run++)
      for (size_t row = 0; row < rows; row++)
        unpack_planes(words + run * (size_t)bits * out + first + row, out, bits,
                      codes + row * inputs + 32 * run);
    return;
  }
  for (size_t start = 0; start < lines; start += block) {
    size_t end = start + block < lines ? start + block : lines;
    for (size_t row = 0; row < rows; row++) {
      const int32_t *source = words + first + row;
      uint8_t *target = codes + row * inputs;
      if (bits == 3) {
        for (size_t line = start; line < end; line += 3) {
          unpack_three_words((uint32_t)source[line * out], (uint32_t)source[(line + 1) * out],
                             (uint32_t)source[(line + 2) * out], target + line / 3 * 32);
        }
      } else {
        size_t perWord = 32 / (size_t)bits;
        for (size_t line = start; line < end; line++) {
          unpack_word((uint32_t)source[line * out], bits, target + line * perWord);
        }
      }
    }
  }
}

void tenbin_gather_codes(const uint8_t *in, const int32_t *order, uint8_t *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = in[order[i]];
}

void tenbin_gather_floats(const float *in, const int32_t *order, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = in[order[i]];
}

TENBIN_SIMD void tenbin_group_codes(const uint8_t *codes, const int32_t *starts, size_t groups,
                                    const int32_t *zeros, uint8_t *low, uint8_t *high,
                                    float *spread, tenbin_code_tally *tally) {
  for (size_t group = 0; group < groups; group++) {
    const uint8_t *c = codes + starts[group];
    int32_t count = starts[group + 1] - starts[group];
    int32_t zero = zeros[group];
    uint8_t least = 255, most = 0;
    int32_t sum = 0, squares = 0, distances = 0;
    for (int32_t i = 0; i < count; i++) {
      least = c[i] < least ? c[i] : least;
      most = c[i] > most ? c[i] : most;
    }
    for (int32_t i = 0; i < count; i++) {
      int32_t steps = c[i] - zero;
      sum += steps;
      squares += steps * steps;
      distances += steps < 0 ? -steps : steps;
    }
    int32_t below = zero - least, above = most - zero;
    int32_t farthest = count == 0 ? 0 : below > above ? below : above;
    low[group] = least;
    high[group] = most;
    spread[group] = (float)(distances - farthest) / (float)(count > 2 ? count - 1 : 1);
    tally->sum += sum;
    tally->squares += squares;
  }
  size_t total = (size_t)starts[groups];
  size_t i = 0;
  for (; i + 4 <= total; i += 4) {
    tally->histogram[0][codes[i]]++;
    tally->histogram[1][codes[i + 1]]++;
    tally->histogram[2][codes[i + 2]]++;
    tally->histogram[3][codes[i + 3]]++;
  }
  for (; i < total; i++) tally->histogram[0][codes[i]]++;
}

TENBIN_SIMD void tenbin_base_row(const float *weight, const uint8_t *codes, const int32_t *starts,
                                 size_t groups, const float *scales, const int32_t *zeros,
                                 int32_t levels, const float *drift, float *products,
                                 float *squares, float *powers, float *fourths,
                                 float *bias, int32_t *wrapped,
                                 tenbin_base_tally *tally) {
  // Sums in any order, so that the loop vectorizes: ten times as fast.
#pragma clang fp reassociate(on)
  const float quarter = 0.25f * (float)levels, jump = 0.75f * (float)levels;
  const float highest = (float)(levels - 1);
  float mean = 0;
  int32_t sound_groups = 0;
  for (size_t group = 0; group < groups; group++) {
    int sound = scales[group] != 0 && isfinite(scales[group]);
    mean += sound ? fabsf(scales[group]) : 0.0f;
    sound_groups += sound;
  }
  mean /= (float)(sound_groups > 0 ? sound_groups : 1);
  for (size_t group = 0; group < groups; group++) {
    const float *w = weight + starts[group];
    const float *deviations = drift + starts[group];
    const uint8_t *c = codes + starts[group];
    int32_t count = starts[group + 1] - starts[group];
    float scale = scales[group], zero = (float)zeros[group];
    int sound = scale != 0 && isfinite(scale);
    // Without a scale there are no targets; 0 keeps what follows finite.
    float inverse = sound ? 1 : 0, divisor = sound ? scale : 1;
    float ratio = sound ? mean / fabsf(scale) : 0;
    float error = 0, power = 0, product = 0, square = 0, size = 0, fourth = 0, lost = 0, leaning = 0;
    float far_product = 0, far_square = 0, far_size = 0, far_lost = 0;
    int32_t top = 0, reversed = 0, wraps = 0, clipped = 0, on_grid = 0;
    int32_t far0 = 0, far1 = 0, far2 = 0, far3 = 0, far4 = 0, far5 = 0;
    for (int32_t i = 0; i < count; i++) {
      float code = (float)c[i];
      float steps = code - zero;
      float e = w[i] - scale * steps;
      float target = w[i] / divisor * inverse + zero;
      float off = code - target;
      int is_top = target >= jump - 1;
      int is_wrapped = is_top & (code < quarter) & (-off > jump) & sound;
      int is_inside = (target >= 0) & (target <= highest) & sound;
      float kept = is_wrapped ? 0.0f : steps;
      // What rounds to nothing says nothing of a scale.
      float own = kept == 0 ? 0.0f : w[i];
      float held = off < -3 ? -3.0f : off > 3 ? 3.0f : off;
      float aim = target < 0 ? 0.0f : target > highest ? highest : target;
      float miss = (code - aim) * (code - aim);
      float own_drift = deviations[i] * ratio;
      // A twelfth is the variance of rounding.
      float variance = own_drift * own_drift + 1.0f / 12;
      int is_loose = (miss > 6.25f) & !is_wrapped & sound;
      int is_far = is_loose & (miss > variance * (tenbin_far[1] * tenbin_far[1]));
      far0 += is_loose & (miss > variance * (tenbin_far[0] * tenbin_far[0]));
      far1 += is_far;
      far2 += is_loose & (miss > variance * (tenbin_far[2] * tenbin_far[2]));
      far3 += is_loose & (miss > variance * (tenbin_far[3] * tenbin_far[3]));
      far4 += is_loose & (miss > variance * (tenbin_far[4] * tenbin_far[4]));
      far5 += is_loose & (miss > variance * (tenbin_far[5] * tenbin_far[5]));
      error += e * e;
      power += w[i] * w[i];
      lost += is_wrapped ? e * e : 0.0f;
      product += own * kept;
      square += kept * kept;
      size += own * own;
      fourth += own * own * own * own;
      far_lost += is_far ? e * e : 0.0f;
      far_product += is_far ? own * kept : 0.0f;
      far_square += is_far ? kept * kept : 0.0f;
      far_size += is_far ? own * own : 0.0f;
      top += is_top & sound;
      wraps += is_wrapped;
      reversed += (target <= quarter) & (code >= jump) & (off > jump) & sound;
      clipped += ((target < -0.5f) | (target > highest + 0.5f)) & sound;
      leaning += is_inside ? held : 0.0f;
      on_grid += is_inside;
    }
    // (‖w‖ / ‖scale·(code − zero)‖)² of the codes that are near their targets.
    float near_size = size - far_size, near_square = (square - far_square) * scale * scale;
    int is_local = sound && 4 * far1 <= count && near_size > 0.25f * near_square &&
                   near_size < 4 * near_square;
    if (is_local) {
      product -= far_product;
      square -= far_square;
      size -= far_size;
      lost += far_lost;
      tally->judged += count;
      tally->judged_far[0] += far0;
      tally->judged_far[1] += far1;
      tally->judged_far[2] += far2;
      tally->judged_far[3] += far3;
      tally->judged_far[4] += far4;
      tally->judged_far[5] += far5;
    }
    products[group] = product;
    squares[group] = square;
    powers[group] = size;
    fourths[group] = fourth;
    bias[group] = on_grid > 0 ? leaning / (float)on_grid : 0;
    wrapped[group] = wraps;
    tally->error += error;
    tally->power += power;
    tally->wrapped_error += lost;
    tally->bias += leaning;
    tally->biased += on_grid;
    tally->clipped += clipped;
    tally->top += top;
    tally->reversed += reversed;
    tally->wrapped += wraps;
  }
}
