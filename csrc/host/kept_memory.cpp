// A short list under a lock; pages that are kept are marked with MADV_FREE. Where a system has no
// such mark nothing is kept.
#include "host/kept_memory.hpp"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <mutex>

#include "host/large_pages.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kStepBytes = uint64_t{2} << 20;  // of a large page: such mappings begin at one
constexpr uint32_t kMostBlocks = 24;

struct Kept {
  std::mutex mutex;                 // of everything below
  MemoryBlock blocks[kMostBlocks];  // in the order in which they were given back
  uint32_t count = 0;
  uint64_t num_bytes = 0;

  MemoryBlock remove(uint32_t place) {
    const MemoryBlock block = blocks[place];
    std::copy(blocks + place + 1, blocks + count, blocks + place);
    --count;
    num_bytes -= block.num_bytes;
    return block;
  }
};

Kept& kept() {
  static Kept* const made = [] {
    // A fork finds the lock free: the child has the list, and pages of its own behind it.
    pthread_atfork([] { kept().mutex.lock(); }, [] { kept().mutex.unlock(); },
                   [] { kept().mutex.unlock(); });
    return new Kept;  // never destroyed: threads may outlive what is destroyed at exit
  }();
  return *made;
}

void unmap(MemoryBlock block) { munmap(block.data, block.num_bytes); }

bool lend_to_system([[maybe_unused]] MemoryBlock block) {
#ifdef MADV_FREE
  return madvise(block.data, block.num_bytes, MADV_FREE) == 0;
#else
  return false;
#endif
}

}  // namespace

MemoryBlock take_memory(uint64_t num_bytes) noexcept {
  if (num_bytes > UINT64_MAX - kStepBytes) return {};
  const uint64_t length =
      std::max((num_bytes + kStepBytes - 1) / kStepBytes, uint64_t{1}) * kStepBytes;
  {
    Kept& all = kept();
    const std::scoped_lock lock(all.mutex);
    uint32_t best = all.count;
    for (uint32_t place = 0; place < all.count; ++place) {
      const uint64_t there = all.blocks[place].num_bytes;
      if (there < length || there / 2 > length) continue;  // the rest would lie idle
      // Of equals the last one: its pages are the warmest.
      if (best == all.count || there <= all.blocks[best].num_bytes) best = place;
    }
    if (best != all.count) return all.remove(best);
  }
  void* const data =
      mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) return {};
  prefer_large_pages(data, length);
  return {data, length};
}

void give_back_memory(MemoryBlock block) noexcept {
  if (block.data == nullptr) return;
  if (block.num_bytes > kMostKeptBytes || !lend_to_system(block)) {
    unmap(block);
    return;
  }
  Kept& all = kept();
  const std::scoped_lock lock(all.mutex);
  while (all.count == kMostBlocks || all.num_bytes + block.num_bytes > kMostKeptBytes) {
    unmap(all.remove(0));
  }
  all.blocks[all.count++] = block;
  all.num_bytes += block.num_bytes;
}

uint64_t release_kept_memory() noexcept {
  Kept& all = kept();
  const std::scoped_lock lock(all.mutex);
  const uint64_t num_bytes = all.num_bytes;
  while (all.count != 0) unmap(all.remove(all.count - 1));
  return num_bytes;
}

}  // namespace mainspring
