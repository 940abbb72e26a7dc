// device.cuh's words for the CPU. A warp's exchanges go through its room in memory: every lane puts
// its part down, waits for the others, and takes what it needs.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#include "threads.hpp"

using host::blockDim;
using host::blockIdx;
using host::gridDim;
using host::threadIdx;

#define KERNEL static
#define DEVICE static inline
#define BOUNDS(threads, blocks)
#define __shared__ static
#define DYNAMIC_SHARED(name) u8 *name = host::shared_memory()
#define INFINITY_F std::numeric_limits<float>::infinity()

static inline void __syncthreads() { host::wait_for_block(); }
// Threads take turns only where they wait.
DEVICE void atomicAdd(u32 *x, u32 y) { *x += y; }

DEVICE float bits_float(u32 bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}
DEVICE u32 float_bits(float x) {
  u32 bits;
  memcpy(&bits, &x, 4);
  return bits;
}

template <typename T> DEVICE T host_shuffle(T x, u32 lane) {
  memcpy(host::lane_room(host::lane()), &x, sizeof x);
  host::wait_for_warp();
  T result;
  memcpy(&result, host::lane_room(lane % warp_size), sizeof result);
  host::wait_for_warp();
  return result;
}
DEVICE float shuffle(float x, int lane) { return host_shuffle(x, lane); }
DEVICE double shuffle(double x, int lane) { return host_shuffle(x, lane); }
DEVICE float shuffle_xor(float x, int mask) { return host_shuffle(x, host::lane() ^ mask); }
DEVICE double shuffle_xor(double x, int mask) { return host_shuffle(x, host::lane() ^ mask); }
DEVICE i32 shuffle_xor(i32 x, int mask) { return host_shuffle(x, host::lane() ^ mask); }

DEVICE u16 half_bits(float x) {
  _Float16 half = (_Float16)x;
  u16 bits;
  memcpy(&bits, &half, 2);
  return bits;
}
DEVICE float half_float(u16 bits) {
  _Float16 half;
  memcpy(&half, &bits, 2);
  return (float)half;
}
DEVICE u16 float_brain(float x);
DEVICE float brain_float(u16 brain);
DEVICE u32 pack_brains(float low, float high) {
  return (u32)float_brain(low) | (u32)float_brain(high) << 16;
}

DEVICE float times(float a, float b) { return a * b; }
DEVICE double times(double a, double b) { return a * b; }
DEVICE float minus(float a, float b) { return a - b; }
DEVICE double minus(double a, double b) { return a - b; }
DEVICE float plus(float a, float b) { return a + b; }
DEVICE double plus(double a, double b) { return a + b; }
DEVICE float nearest_whole(float x) { return rintf(x); }
DEVICE double nearest_whole(double x) { return rint(x); }
DEVICE float fast_exp2(float x) { return exp2f(x); }

// The fragments of mma.m16n8k16: lane 4·r + c holds of A rows r and r + 8, columns 2c, 2c + 1 and
// 8 more to the right; of B the same columns' numbers as rows, column r; of D rows r and r + 8.
struct HostFragment {
  u32 a[4], b[2];
};
DEVICE float host_brain(u32 pair, u32 odd) { return brain_float((u16)(odd ? pair >> 16 : pair)); }
DEVICE void multiply_tile(float d[4], const u32 a[4], u32 b0, u32 b1) {
  const HostFragment own = {{a[0], a[1], a[2], a[3]}, {b0, b1}};
  memcpy(host::lane_room(host::lane()), &own, sizeof own);
  host::wait_for_warp();
  const u32 lane = host::lane();
  for (u32 c = 0; c < 4; c++) {
    const u32 row = lane / 4 + c / 2 * 8, column = lane % 4 * 2 + c % 2;
    float sum = d[c];
    for (u32 k = 0; k < 16; k++) {
      const HostFragment *left =
          (const HostFragment *)host::lane_room(row % 8 * 4 + k % 8 / 2);
      const HostFragment *right = (const HostFragment *)host::lane_room(column * 4 + k % 8 / 2);
      sum += host_brain(left->a[row / 8 + k / 8 * 2], k % 2) * host_brain(right->b[k / 8], k % 2);
    }
    d[c] = sum;
  }
  host::wait_for_warp();
}

// ldmatrix: lane l names row l % 8 of matrix l / 8 and gets two numbers of each of the four.
template <bool transposed> DEVICE void host_load_tiles(u32 r[4], const u16 *row) {
  memcpy(host::lane_room(host::lane()), &row, sizeof row);
  host::wait_for_warp();
  const u32 line = host::lane() / 4, pair = host::lane() % 4 * 2;
  for (u32 matrix = 0; matrix < 4; matrix++) {
    const u16 *rows[8];
    for (u32 i = 0; i < 8; i++) memcpy(&rows[i], host::lane_room(matrix * 8 + i), sizeof rows[i]);
    const u16 low = transposed ? rows[pair][line] : rows[line][pair];
    const u16 high = transposed ? rows[pair + 1][line] : rows[line][pair + 1];
    r[matrix] = (u32)low | (u32)high << 16;
  }
  host::wait_for_warp();
}
DEVICE void load_tiles(u32 r[4], const u16 *row) { host_load_tiles<false>(r, row); }
DEVICE void load_tiles_transposed(u32 r[4], const u16 *row) { host_load_tiles<true>(r, row); }

DEVICE void copy_16(void *shared, const void *global, int bytes) {
  if (bytes) memcpy(shared, global, 16);
  else memset(shared, 0, 16);
}
DEVICE void end_copy_group() {}
#define wait_for_copies(pending) ((void)0)
