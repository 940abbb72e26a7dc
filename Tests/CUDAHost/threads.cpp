#include "threads.hpp"

#include <ucontext.h>

#include <cstring>
#include <memory>
#include <vector>

namespace host {

Dimensions threadIdx, blockIdx, blockDim, gridDim;

namespace {

// How many have come to a barrier, and how often all had.
struct Barrier {
  uint32_t members = 0, waiting = 0;
  uint64_t opened = 0;
};

struct Thread {
  ucontext_t context;
  std::unique_ptr<char[]> stack;
  Dimensions index;
  uint32_t number = 0;
  bool ended = false;
};

struct Warp {
  Barrier barrier;
  alignas(16) unsigned char room[32][32];
};

constexpr size_t stack_bytes = 128 << 10;

std::vector<Thread> threads;
std::vector<Warp> warps;
std::vector<uint64_t> shared;
Barrier whole;
Thread *running;
ucontext_t scheduler;
const std::function<void()> *body;
uint64_t progress;  // rounds without any mean that everybody waits

void give_turn_back() { swapcontext(&running->context, &scheduler); }

void open_if_complete(Barrier &barrier) {
  if (barrier.waiting < barrier.members || barrier.members == 0) return;
  barrier.waiting = 0;
  barrier.opened++;
  progress++;
}

void wait(Barrier &barrier) {
  const uint64_t before = barrier.opened;
  barrier.waiting++;
  open_if_complete(barrier);
  while (barrier.opened == before) give_turn_back();
}

void start() {
  (*body)();
  running->ended = true;
  progress++;
  // Those that wait no longer wait for this one.
  Barrier &warp = warps[running->number / 32].barrier;
  warp.members--;
  open_if_complete(warp);
  whole.members--;
  open_if_complete(whole);
  give_turn_back();
}

void prepare(Thread &thread, uint32_t number) {
  thread.number = number;
  thread.index = {number % blockDim.x, number / blockDim.x % blockDim.y,
                  number / (blockDim.x * blockDim.y)};
  thread.ended = false;
  if (!thread.stack) thread.stack = std::make_unique<char[]>(stack_bytes);
  getcontext(&thread.context);
  thread.context.uc_stack.ss_sp = thread.stack.get();
  thread.context.uc_stack.ss_size = stack_bytes;
  thread.context.uc_link = &scheduler;
  makecontext(&thread.context, start, 0);
}

bool run_block(uint32_t count, uint32_t first) {
  warps.assign((count + 31) / 32, Warp());
  whole = Barrier();
  whole.members = count;
  threads.resize(count > threads.size() ? count : threads.size());
  for (uint32_t i = 0; i < count; i++) {
    warps[i / 32].barrier.members++;
    prepare(threads[i], i);
  }
  // NaNs, so that what nobody wrote is seen.
  std::memset(shared.data(), 0xff, shared.size() * sizeof shared[0]);
  for (;;) {
    const uint64_t before = progress;
    bool all = true;
    for (uint32_t i = 0; i < count; i++) {
      Thread &thread = threads[(i + first) % count];
      if (thread.ended) continue;
      all = false;
      running = &thread;
      threadIdx = thread.index;
      swapcontext(&scheduler, &thread.context);
    }
    if (all) return true;
    if (progress == before) return false;
  }
}

}  // namespace

uint32_t lane() { return running->number % 32; }
unsigned char *lane_room(uint32_t lane) { return warps[running->number / 32].room[lane]; }
unsigned char *shared_memory() { return (unsigned char *)shared.data(); }
void wait_for_block() { wait(whole); }
void wait_for_warp() { wait(warps[running->number / 32].barrier); }

bool run_grid(Dimensions grid, Dimensions block, size_t shared_bytes, uint32_t first,
              const std::function<void()> &kernel) {
  gridDim = grid;
  blockDim = block;
  body = &kernel;
  shared.resize((shared_bytes + 7) / 8 + 16);
  for (uint32_t z = 0; z < grid.z; z++)
    for (uint32_t y = 0; y < grid.y; y++)
      for (uint32_t x = 0; x < grid.x; x++) {
        blockIdx = {x, y, z};
        if (!run_block(block.x * block.y * block.z, first)) return false;
      }
  return true;
}

}  // namespace host
