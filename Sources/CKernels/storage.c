#include <string.h>

#include "internal.h"

TENBIN_SIMD void tenbin_f16_to_f32(const void *in, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) {
    _Float16 value;
    memcpy(&value, (const char *)in + 2 * i, 2);
    out[i] = (float)value;
  }
}

TENBIN_SIMD void tenbin_bf16_to_f32(const void *in, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint16_t half;
    memcpy(&half, (const char *)in + 2 * i, 2);
    uint32_t bits = (uint32_t)half << 16;
    memcpy(out + i, &bits, 4);
  }
}

TENBIN_SIMD void tenbin_f32_to_f16(const float *in, uint16_t *out, size_t count) {
  for (size_t i = 0; i < count; i++) {
    _Float16 value = (_Float16)in[i];
    memcpy(out + i, &value, 2);
  }
}

TENBIN_SIMD void tenbin_f32_to_bf16(const float *in, uint16_t *out, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, in + i, 4);
    uint32_t rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
    uint32_t nan = (bits >> 16) | 0x0040;
    out[i] = (uint16_t)((bits & 0x7FFFFFFF) > 0x7F800000 ? nan : rounded);
  }
}

// Eight lanes of multiply and rotate over words of 8 bytes, the rest byte by byte.
uint64_t tenbin_checksum(const void *bytes, size_t count, uint64_t seed) {
  const uint64_t prime = 0x9E3779B185EBCA87u;
  uint64_t lanes[8];
  for (size_t lane = 0; lane < 8; lane++) lanes[lane] = seed + lane * prime;
  const char *data = bytes;
  size_t i = 0;
  for (; i + 64 <= count; i += 64)
    for (size_t lane = 0; lane < 8; lane++) {
      uint64_t word;
      memcpy(&word, data + i + 8 * lane, 8);
      uint64_t sum = (lanes[lane] ^ word) * prime;
      lanes[lane] = sum << 29 | sum >> 35;
    }
  uint64_t total = seed + count;
  for (size_t lane = 0; lane < 8; lane++) {
    total = (total ^ lanes[lane]) * prime;
    total ^= total >> 32;
  }
  for (; i < count; i++) total = (total ^ (uint8_t)data[i]) * prime;
  return total ^ total >> 29;
}
