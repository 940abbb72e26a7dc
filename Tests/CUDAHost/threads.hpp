// The threads of a block, taking turns on one CPU thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>

namespace host {

struct Dimensions {
  uint32_t x, y, z;
};
extern Dimensions threadIdx, blockIdx, blockDim, gridDim;

// This thread's place in its warp, and the room where lane `lane` of the warp puts things down.
uint32_t lane();
unsigned char *lane_room(uint32_t lane);
unsigned char *shared_memory();

// Returns when every thread of the block (of the warp) that has not ended has come here.
void wait_for_block();
void wait_for_warp();

// Runs `kernel` for every thread of the grid, block after block. Shared memory begins with garbage.
// In each round thread `first` has its turn first. False if threads wait for each other forever.
bool run_grid(Dimensions grid, Dimensions block, size_t shared_bytes, uint32_t first,
              const std::function<void()> &kernel);

}  // namespace host
