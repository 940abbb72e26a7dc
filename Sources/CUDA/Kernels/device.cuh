// What every kernel here builds on. One source serves two compilers: NVRTC, which has no headers, and
// (with TENBIN_HOST) the C++ compiler of the tests, where a block's threads take turns on the CPU.
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef int i32;
typedef long long i64;
typedef unsigned long long u64;

enum { warp_size = 32 };

#ifdef TENBIN_HOST
#include "host_device.hpp"
#else
#define KERNEL extern "C" __global__
#define DEVICE static __device__ __forceinline__
// At most `threads` in a block, and at least `blocks` of them on a multiprocessor.
#define BOUNDS(threads, blocks) __launch_bounds__(threads, blocks)
// The shared memory whose size the launch gives.
#define DYNAMIC_SHARED(name) extern __shared__ __align__(128) u8 name[]
#define INFINITY_F __int_as_float(0x7f800000)

DEVICE float bits_float(u32 bits) { return __uint_as_float(bits); }
DEVICE u32 float_bits(float x) { return __float_as_uint(x); }
DEVICE float shuffle(float x, int lane) { return __shfl_sync(0xffffffffu, x, lane); }
DEVICE double shuffle(double x, int lane) { return __shfl_sync(0xffffffffu, x, lane); }
DEVICE float shuffle_xor(float x, int mask) { return __shfl_xor_sync(0xffffffffu, x, mask); }
DEVICE double shuffle_xor(double x, int mask) { return __shfl_xor_sync(0xffffffffu, x, mask); }
DEVICE i32 shuffle_xor(i32 x, int mask) { return __shfl_xor_sync(0xffffffffu, x, mask); }

// float32 to float16 and back, and two floats to two BF16 in one word (`low` first), half to even.
DEVICE u16 half_bits(float x) {
  u16 half;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(x));
  return half;
}
DEVICE float half_float(u16 half) {
  float x;
  asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(half));
  return x;
}
DEVICE u32 pack_brains(float low, float high) {
  u32 pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
  return pair;
}

// Products and differences that the compiler must not join into one rounding.
DEVICE float times(float a, float b) { return __fmul_rn(a, b); }
DEVICE double times(double a, double b) { return __dmul_rn(a, b); }
DEVICE float minus(float a, float b) { return __fsub_rn(a, b); }
DEVICE double minus(double a, double b) { return __dsub_rn(a, b); }
DEVICE float plus(float a, float b) { return __fadd_rn(a, b); }
DEVICE double plus(double a, double b) { return __dadd_rn(a, b); }
DEVICE float nearest_whole(float x) { return rintf(x); }
DEVICE double nearest_whole(double x) { return rint(x); }

// 2^x to about 2 ulp; tiny results are 0.
DEVICE float fast_exp2(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// d += a·b on the tensor cores: a 16 x 16 and b 16 x 8 of BF16, d 16 x 8 of float32, spread over a
// warp as the PTX manual's mma.m16n8k16 has it.
DEVICE void multiply_tile(float d[4], const u32 a[4], u32 b0, u32 b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Four 8 x 8 matrices of BF16 out of shared memory: lane l names row l % 8 of matrix l / 8.
DEVICE void load_tiles(u32 r[4], const u16 *row) {
  u32 address = (u32)__cvta_generic_to_shared(row);
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address)
               : "memory");
}
DEVICE void load_tiles_transposed(u32 r[4], const u16 *row) {
  u32 address = (u32)__cvta_generic_to_shared(row);
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address)
               : "memory");
}

// Copies 16 bytes of global into shared memory behind the program's back; `bytes` 0 writes zeros.
DEVICE void copy_16(void *shared, const void *global, int bytes) {
  u32 address = (u32)__cvta_generic_to_shared(shared);
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(address), "l"(global),
               "r"(bytes)
               : "memory");
}
DEVICE void end_copy_group() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Waits for all copy groups but the latest `pending`, which must be a constant.
#define wait_for_copies(pending) asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory")
#endif

// BF16 is the upper half of a float32.
DEVICE float brain_float(u16 brain) { return bits_float((u32)brain << 16); }
DEVICE u16 float_brain(float x) {
  u32 bits = float_bits(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return (u16)(bits >> 16 | 0x40);
  return (u16)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

// Neighbours that are read or written at once.
struct alignas(16) FourFloats { float v[4]; };
struct alignas(8) FourBrains { u16 v[4]; };
// Whether a pointer may be taken for one of theirs.
DEVICE bool is_aligned(const void *pointer) { return ((unsigned long long)pointer & 15) == 0; }

// The first of `count` things that this thread takes, and how far it is to its next one.
DEVICE i64 global_thread() { return (i64)blockIdx.x * blockDim.x + threadIdx.x; }
DEVICE i64 global_threads() { return (i64)gridDim.x * blockDim.x; }

// Sum and maximum over a warp, the same bits in each lane.
template <typename Real> DEVICE Real warp_sum(Real x) {
  for (int mask = 16; mask > 0; mask >>= 1) x += shuffle_xor(x, mask);
  return x;
}
template <typename Real> DEVICE Real warp_max(Real x) {
  for (int mask = 16; mask > 0; mask >>= 1) {
    Real other = shuffle_xor(x, mask);
    x = other > x ? other : x;
  }
  return x;
}

// The sum over a block of up to 32 warps, in an order that depends on the block's size alone.
// `room` is shared and holds 32; every thread must call.
template <typename Real> DEVICE Real block_sum(Real x, Real *room) {
  x = warp_sum(x);
  __syncthreads();
  if (threadIdx.x % warp_size == 0) room[threadIdx.x / warp_size] = x;
  __syncthreads();
  Real sum = 0;
  for (u32 warp = 0; warp < (blockDim.x + warp_size - 1) / warp_size; warp++) sum += room[warp];
  return sum;
}
