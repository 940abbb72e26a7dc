#include "kernels.hpp"

#include <cmath>
#include <cstring>
#include <limits>

// Before the namespace below, in which the kernels and device.cuh stand.
#include "threads.hpp"

#define TENBIN_HOST
namespace {
#include "../../Sources/CUDA/Kernels/column_loop.cu"
#include "../../Sources/CUDA/Kernels/elements.cu"
#include "../../Sources/CUDA/Kernels/grids.cu"
#include "../../Sources/CUDA/Kernels/hessians.cu"
#include "../../Sources/CUDA/Kernels/norms.cu"
#include "../../Sources/CUDA/Kernels/random.cu"
#include "../../Sources/CUDA/Kernels/reductions.cu"
#include "../../Sources/CUDA/Kernels/tokens.cu"

#define HEAD_WIDTH 12
namespace width12 {
#include "../../Sources/CUDA/Kernels/attention.cu"
}
#undef HEAD_WIDTH
#define HEAD_WIDTH 16
namespace width16 {
#include "../../Sources/CUDA/Kernels/attention.cu"
}
#undef HEAD_WIDTH
#define HEAD_WIDTH 20
namespace width20 {
#include "../../Sources/CUDA/Kernels/attention.cu"
}
#undef HEAD_WIDTH
#define HEAD_WIDTH 32
namespace width32 {
#include "../../Sources/CUDA/Kernels/attention.cu"
}
#undef HEAD_WIDTH
#define HEAD_WIDTH 144
namespace width144 {
#include "../../Sources/CUDA/Kernels/attention.cu"
}
#undef HEAD_WIDTH
}  // namespace

const std::map<std::string, host::Kernel> &host::kernels() {
#define NAMED(name) {#name, kernel(&name)}
  static const std::map<std::string, Kernel> all = {
      {"attention12", kernel(&width12::attention)},
      {"attention16", kernel(&width16::attention)},
      {"attention20", kernel(&width20::attention)},
      {"attention32", kernel(&width32::attention)},
      {"attention144", kernel(&width144::attention)},
      NAMED(quantize_columns_f32), NAMED(quantize_columns_f64), NAMED(brains_to_floats),
      NAMED(floats_to_brains), NAMED(split_floats), NAMED(subtract), NAMED(add), NAMED(fill_rows), NAMED(scale),
      NAMED(gather_rows), NAMED(scatter_add), NAMED(replace_rows), NAMED(gather_columns_f32),
      NAMED(gather_columns_f64), NAMED(clear_columns), NAMED(find_bad_rows_f32),
      NAMED(find_bad_rows_bf16), NAMED(clear_bad_rows_f32), NAMED(clear_bad_rows_bf16),
      NAMED(take_finite_rows), NAMED(random_weights), NAMED(count_non_finite_f32),
      NAMED(count_non_finite_bf16), NAMED(fit_grids_f32), NAMED(fit_grids_f64), NAMED(dequantize), NAMED(weight_errors), NAMED(finish_weight_errors), NAMED(scatter_codes),
      NAMED(mirror_upper), NAMED(diagonal_f32), NAMED(diagonal_f64), NAMED(order_and_flip_f32), NAMED(order_and_flip_f64),
      NAMED(flip_f32), NAMED(flip_f64), NAMED(clear_triangle_f32), NAMED(clear_triangle_f64),
      NAMED(gather_symmetric), NAMED(reorder_f32), NAMED(reorder_f64), NAMED(keep_above_f32),
      NAMED(keep_above_f64), NAMED(rms_norm), NAMED(rotate), NAMED(gated_activation),
      NAMED(soft_cap), NAMED(finish_sum), NAMED(finish_count), NAMED(largest_magnitude),
      NAMED(start_tokens), NAMED(update_tokens), NAMED(squared_norm), NAMED(squared_distance),
      NAMED(dot)};
#undef NAMED
  return all;
}
