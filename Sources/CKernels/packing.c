#include "packing.h"

#include <string.h>

// Every second of eight nibbles of one byte each, close together: the inverse of spreading them.
static inline uint32_t gather_nibbles(uint64_t x) {
  x = (x | x >> 4) & 0x00FF00FF00FF00FFull;
  x = (x | x >> 8) & 0x0000FFFF0000FFFFull;
  return (uint32_t)(x | x >> 16);
}

static inline void pack_run(const uint8_t *codes, int32_t bits, uint32_t words[8]) {
  if (bits == 8) {
    memcpy(words, codes, 32);
  } else if (bits == 4) {
    for (int w = 0; w < 4; w++) {
      uint64_t eight;
      memcpy(&eight, codes + 8 * w, 8);
      words[w] = gather_nibbles(eight);
    }
  } else {
    uint64_t stream = 0;
    int filled = 0, word = 0;
    for (int k = 0; k < 32; k++) {
      stream |= (uint64_t)codes[k] << filled;
      filled += bits;
      if (filled >= 32) {
        words[word++] = (uint32_t)stream;
        stream >>= 32;
        filled -= 32;
      }
    }
  }
}

void tenbin_pack_codes(const uint8_t *codes, size_t out, size_t inputs, int32_t bits, size_t first,
                       size_t runs, int32_t *words) {
  for (size_t row = 0; row < out; row++) {
    for (size_t run = first; run < first + runs; run++) {
      uint32_t packed[8];
      pack_run(codes + row * inputs + 32 * run, bits, packed);
      for (size_t w = 0; w < (size_t)bits; w++)
        words[(run * (size_t)bits + w) * out + row] = (int32_t)packed[w];
    }
  }
}
