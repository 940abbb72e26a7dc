// Random weights, made where they are used.
#include "device.cuh"

// The number after `state` of SplitMix64 (Steele, Lea, Flood, doi 10.1145/2660193.2660195).
DEVICE u64 split_mix(u64 state) {
  state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9ull;
  state = (state ^ state >> 27) * 0x94D049BB133111EBull;
  return state ^ state >> 31;
}

// out[row, column] := rowScales[row] · columnScales[column] · (u + v + w − 1.5), u, v and w even between
// 0 and 1, in BF16: a block a row. Row r is what a generator of seed + r · step gives one by one.
KERNEL BOUNDS(256, 2) void random_weights(u16 *out, const float *rowScales, const float *columnScales,
                                          i64 seed, i64 step, i32 columns) {
  out += (i64)blockIdx.x * columns;
  const u64 start = (u64)seed + (u64)blockIdx.x * (u64)step;
  for (i32 i = threadIdx.x; i < columns; i += blockDim.x) {
    const u64 bits = split_mix(start + (u64)(i + 1) * 0x9E3779B97F4A7C15ull);
    const i32 sum = (i32)(bits & 0xffff) + (i32)(bits >> 16 & 0xffff) + (i32)(bits >> 32 & 0xffff);
    const float noise = minus((float)sum / 65536, 1.5f);
    out[i] = float_brain(times(times(noise, rowScales[blockIdx.x]), columnScales[i]));
  }
}
