// glibc's own parameters; other libraries have no such memory to keep.
#include "serve/large_blocks.hpp"

#include <cstdlib>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace mainspring {

void return_large_blocks([[maybe_unused]] uint32_t least_bytes) {
#ifdef __GLIBC__
  // Setting the first also ends its growth (mallopt(3)); the second is what may stay free at the
  // end of the heap.
  mallopt(M_MMAP_THRESHOLD, static_cast<int>(least_bytes));
  mallopt(M_TRIM_THRESHOLD, static_cast<int>(least_bytes));
#endif
}

}  // namespace mainspring
