// Codes into words, as GPTQ checkpoints have them.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Words of codes (out, inputs) of 2, 3, 4 or 8 bits: 32 codes of a row, a run, are one little-endian
// stream of `bits` words. Fills the lines of runs `first` to first + runs - 1 of `words`,
// (inputs · bits / 32, out).
void tenbin_pack_codes(const uint8_t *codes, size_t out, size_t inputs, int32_t bits, size_t first,
                       size_t runs, int32_t *words);
