// Large pages for memory that comes fresh from the operating system: to have small ones made one by
// one takes longer than to write them.
#pragma once
#include <cstdint>

namespace mainspring {

/// From NumPy's own least size on; what is smaller is mostly memory that was in use before.
inline constexpr uint64_t kLeastLargeBytes = uint64_t{4} << 20;

/// Asks for large pages under memory of at least kLeastLargeBytes that was not touched yet. A wish:
/// nothing happens where the system has none, or is told to give none.
void prefer_large_pages(void* memory, uint64_t num_bytes) noexcept;

}  // namespace mainspring
