#include <string.h>

#include "ccuda.h"

// The kernels' sources travel inside the program, so that it needs no folder of resources.
#pragma clang diagnostic ignored "-Wc23-extensions"
static const char device[] = {
#embed "../CUDA/Kernels/device.cuh"
    , 0};
static const char attention[] = {
#embed "../CUDA/Kernels/attention.cu"
    , 0};
static const char column_loop[] = {
#embed "../CUDA/Kernels/column_loop.cu"
    , 0};
static const char elements[] = {
#embed "../CUDA/Kernels/elements.cu"
    , 0};
static const char grids[] = {
#embed "../CUDA/Kernels/grids.cu"
    , 0};
static const char hessians[] = {
#embed "../CUDA/Kernels/hessians.cu"
    , 0};
static const char norms[] = {
#embed "../CUDA/Kernels/norms.cu"
    , 0};
static const char random_numbers[] = {
#embed "../CUDA/Kernels/random.cu"
    , 0};
static const char reductions[] = {
#embed "../CUDA/Kernels/reductions.cu"
    , 0};
static const char tokens[] = {
#embed "../CUDA/Kernels/tokens.cu"
    , 0};

const char *tenbin_cuda_source(const char *name) {
  static const struct {
    const char *name, *source;
  } files[] = {{"device.cuh", device},     {"attention.cu", attention}, {"column_loop.cu", column_loop},
               {"elements.cu", elements},  {"grids.cu", grids},         {"hessians.cu", hessians},
               {"norms.cu", norms},        {"random.cu", random_numbers}, {"reductions.cu", reductions},
               {"tokens.cu", tokens}};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    if (strcmp(files[i].name, name) == 0) return files[i].source;
  return 0;
}
