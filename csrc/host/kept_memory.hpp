// Memory of large scratch and results, kept from one call to the next: a call that needs as much as
// the one before would else spend as long on fresh pages as on its work. The operating system may
// take what is kept whenever it is short of memory.
#pragma once
#include <cstdint>

namespace mainspring {

/// Most that is kept; what was given back first goes first.
inline constexpr uint64_t kMostKeptBytes = uint64_t{512} << 20;

struct MemoryBlock {
  void* data = nullptr;  // at a multiple of 4096; null: there was no memory
  uint64_t num_bytes = 0;
};

/// At least so many bytes, in large pages where there are some; what is in them is undefined.
/// From any thread, in a forked child too.
MemoryBlock take_memory(uint64_t num_bytes) noexcept;
/// Gives back what take_memory() returned. It is kept where the system can take it meanwhile.
void give_back_memory(MemoryBlock block) noexcept;

/// Gives all that is kept to the operating system; returns how many bytes that were.
uint64_t release_kept_memory() noexcept;

}  // namespace mainspring
