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

// Planes of 4, 2 and 1 bits, the lowest first, each in words of its own.
static inline void pack_planes(const uint8_t *codes, int32_t bits, uint32_t words[8]) {
  int word = 0;
  for (int32_t offset = 0; offset < bits;) {
    const int32_t width = tenbin_plane_width(bits - offset);
    const uint32_t mask = (1u << width) - 1;
    const int count = 32 / width;
    for (int w = 0; w < width; w++) {
      uint32_t fields = 0;
      for (int j = 0; j < count; j++)
        fields |= (((uint32_t)codes[w * count + j] >> offset) & mask) << (width * j);
      words[word++] = fields;
    }
    offset += width;
  }
}

void tenbin_pack_codes(const uint8_t *codes, size_t out, size_t inputs, int32_t bits, int planes,
                       size_t first, size_t runs, int32_t *words) {
  for (size_t row = 0; row < out; row++) {
    for (size_t run = first; run < first + runs; run++) {
      uint32_t packed[8];
      const uint8_t *of_run = codes + row * inputs + 32 * run;
      if (planes)
        pack_planes(of_run, bits, packed);
      else
        pack_run(of_run, bits, packed);
      for (size_t w = 0; w < (size_t)bits; w++)
        words[(run * (size_t)bits + w) * out + row] = (int32_t)packed[w];
    }
  }
}
