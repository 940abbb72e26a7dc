// The kernels of CUDA/Kernels, compiled for the CPU, by name.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <utility>

namespace host {

// A kernel bound to the addresses of its arguments, as cuLaunchKernel has them.
using Kernel = std::function<void(void **)>;

template <typename... Arguments> Kernel kernel(void (*function)(Arguments...)) {
  return [function](void **arguments) {
    [&]<size_t... place>(std::index_sequence<place...>) {
      function(*(std::remove_reference_t<Arguments> *)arguments[place]...);
    }(std::index_sequence_for<Arguments...>());
  };
}

// All of them; `attention` is compiled for the widths in `attention_widths` and named
// "attention" + width.
const std::map<std::string, Kernel> &kernels();

}  // namespace host
