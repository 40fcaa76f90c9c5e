// Linux' advice about mapped memory; other systems choose for themselves.
#include "host/large_pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace mainspring {

void prefer_large_pages(void* memory, uint64_t num_bytes) noexcept {
#ifdef MADV_HUGEPAGE
  if (num_bytes < kLeastLargeBytes) return;
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const uint64_t skipped = (page - reinterpret_cast<uintptr_t>(memory) % page) % page;
  (void)madvise(static_cast<uint8_t*>(memory) + skipped, num_bytes - skipped, MADV_HUGEPAGE);
#else
  (void)memory, (void)num_bytes;
#endif
}

}  // namespace mainspring
