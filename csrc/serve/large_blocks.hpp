// What a server does with memory that one long request needed and the next does not.
#pragma once
#include <cstdint>

namespace mainspring {

/// From now on blocks of at least so many bytes go back to the system when they are freed, in the
/// whole process. glibc would learn from the first large block to keep the next ones.
void return_large_blocks(uint32_t least_bytes);

}  // namespace mainspring
