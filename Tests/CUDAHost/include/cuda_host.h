// A CUDA device made of the CPU: the driver's table of functions, with the kernels of CUDA/Kernels
// compiled for the CPU, their threads taking turns, and plain loops for cuBLAS and cuSOLVER. What the
// engine does on a device, it does here byte for byte in the same order of launches; only the speed,
// and the last bits of exponentials and library products, are the device's own.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Fills a `tenbin_cuda_api` (ccuda.h) with the functions of the CPU's device.
void tenbin_host_cuda(void *api);

// Bytes of device memory in use, to see that buffers are given back.
size_t tenbin_host_cuda_bytes(void);

// The thread whose turn comes first in each round: kernels must give the same result for any.
void tenbin_host_cuda_rotate(uint32_t first_thread);

#ifdef __cplusplus
}
#endif
