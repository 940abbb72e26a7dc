// The C kernels of tenbin: plain loops that the compiler turns into SIMD for each level of x86-64
// (target_clones picks one at load time). No contraction into fused multiply-adds: the same bits on
// every machine.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Whether this thread works on a part of a parallel loop; setting it returns what it was.
bool tenbin_is_parallel(void);
bool tenbin_set_parallel(bool inside);

// The cores that the scheduler may put this process on; 0 where the system does not tell.
int tenbin_usable_cores(void);

// Has malloc keep freed blocks of up to 32 MB for the next product, where it would give them back to
// the system: every page of a fresh block costs a fault.
void tenbin_keep_freed_memory(void);

// Running maximum, sum of exp(x − max) and index of the maximum of one row of logits.
typedef struct {
  double max, sum;
  int32_t top;
} tenbin_running_softmax;

typedef struct {
  tenbin_running_softmax base, trial;
  double weighted_difference;  // Σ exp(a − base.max)·(a − b)
  float base_target, trial_target;
} tenbin_token_state;

tenbin_token_state tenbin_token_state_empty(void);

// Takes `count` logits of base and trial, the first being vocabulary entry `first`, into `state`.
void tenbin_token_state_update(tenbin_token_state *state, const float *base, const float *trial,
                               int32_t count, int32_t first, int32_t target);

// How many of a token's largest logits are kept.
#define TENBIN_LARGEST 5

// What `evaluate divergence` asks of a token beyond that.
typedef struct {
  tenbin_token_state state;
  double reverse_difference;  // Σ exp(b − trial.max)·(b − a)
  float base_largest[TENBIN_LARGEST], trial_largest[TENBIN_LARGEST];
  int32_t base_places[TENBIN_LARGEST], trial_places[TENBIN_LARGEST];
} tenbin_token_detail;

tenbin_token_detail tenbin_token_detail_empty(void);

// As tenbin_token_state_update, of all of it.
void tenbin_token_detail_update(tenbin_token_detail *detail, const float *base, const float *trial,
                                int32_t count, int32_t first, int32_t target);

// row[0..count) := softmax(scale·row), in place.
void tenbin_softmax(float *row, size_t count, float scale);

// out := x / sqrt(mean(x²) + epsilon) · norm_weight
void tenbin_rms_norm(const float *x, const float *norm_weight, float *out, size_t count, float epsilon);

// Rotates (x[i], x[half + i]) by (cosines[i], sines[i]).
void tenbin_rotate(float *x, const float *cosines, const float *sines, size_t half);

// out := silu(gate)·up
void tenbin_silu_multiply(const float *gate, const float *up, float *out, size_t count);

// out := gelu(gate)·up, GELU in its tanh form
void tenbin_gelu_multiply(const float *gate, const float *up, float *out, size_t count);

// out := (clamp(up, ±limit) + 1)·g·σ(alpha·g) with g = min(gate, limit)
void tenbin_clamped_swiglu(const float *gate, const float *up, float *out, size_t count,
                           float alpha, float limit);

// As tenbin_softmax over scale·row and one more score, whose share is left out.
void tenbin_softmax_sink(float *row, size_t count, float scale, float sink);

// y := X·Wᵀ for a few rows X, (tokens, inputs), and W, (outputs, inputs); rows of y are `stride` apart.
// Each number is summed in one order, whatever else is computed with it.
void tenbin_multiply_few_rows(const float *x, size_t tokens, size_t inputs, const float *w,
                              size_t outputs, float *y, size_t stride);

// The place of the largest of `count` > 0 numbers, the first of equal ones; −1 where one is NaN.
ptrdiff_t tenbin_largest_place(const float *x, size_t count);

// x := limit·tanh(x/limit)
void tenbin_soft_cap(float *x, size_t count, float limit);

// x := factor·x
void tenbin_scale(float *x, size_t count, float factor);

// x += factor·y
void tenbin_add_scaled(const float *y, float factor, float *x, size_t count);

// x += y
void tenbin_add(const float *y, float *x, size_t count);

// Sums in double over `count` float32 values, in an order that depends on `count` alone.
double tenbin_squared_norm(const float *x, size_t count);
double tenbin_squared_distance(const float *x, const float *y, size_t count);
double tenbin_dot(const float *x, const float *y, size_t count);

// out := x - y
void tenbin_subtract(const float *x, const float *y, float *out, size_t count);

// out[i] := x[order[i]]
void tenbin_gather_f32(const float *x, const int32_t *order, float *out, size_t count);
void tenbin_gather_u8(const uint8_t *x, const int32_t *order, uint8_t *out, size_t count);

// bad[row] := whether the row's float32 sum of squares is not finite; returns how many are.
size_t tenbin_rows_not_finite(const float *x, size_t rows, size_t columns, uint8_t *bad);

// A sum over `count` bytes that goes on from `seed`.
uint64_t tenbin_checksum(const void *bytes, size_t count, uint64_t seed);

// Storage types to float32 and back (round half to even); a file's bytes need not be aligned.
void tenbin_f16_to_f32(const void *in, float *out, size_t count);
void tenbin_bf16_to_f32(const void *in, float *out, size_t count);
void tenbin_f32_to_f16(const float *in, uint16_t *out, size_t count);
void tenbin_f32_to_bf16(const float *in, uint16_t *out, size_t count);
