// Codes into words, as GPTQ checkpoints have them.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Words of codes (out, inputs) of 2 to 8 bits: 32 codes of a row, a run, are `bits` words, one
// little-endian stream or, with `planes`, planes of 4, 2 and 1 bits. Streams are of 2, 3, 4 or 8 bits.
// Fills the lines of runs `first` to first + runs - 1 of `words`, (inputs · bits / 32, out).
void tenbin_pack_codes(const uint8_t *codes, size_t out, size_t inputs, int32_t bits, int planes,
                       size_t first, size_t runs, int32_t *words);

// The width of the lowest plane of codes of which `bits` are left: 8, 4, 2 or 1.
static inline int32_t tenbin_plane_width(int32_t bits) {
  return bits >= 8 ? 8 : bits >= 4 ? 4 : bits >= 2 ? 2 : 1;
}
