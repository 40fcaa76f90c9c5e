// Scratch memory of the calling thread, kept between calls: fresh memory costs more than the work
// of a small batch.
#pragma once
#include <cstdint>

namespace mainspring {

/// At least `length` bytes at a multiple of 64, the same memory for every call of this thread; what
/// an earlier call left in it is lost. Valid until the thread asks for more or ends.
uint8_t* thread_scratch(uint64_t length);

}  // namespace mainspring
