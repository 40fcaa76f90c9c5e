// Scratch memory of the calling thread, kept between calls: fresh memory costs more than the work
// of a small batch.
#pragma once
#include <cstdint>

#include "runtime/core/status.hpp"
#include "runtime/steps/text_room.hpp"

namespace mainspring {

/// At least `length` bytes at a multiple of 64, the same memory for every call of this thread; what
/// an earlier call left in it is lost. Valid until the thread asks for more or ends.
uint8_t* thread_scratch(uint64_t length);

/// Room for the strings that steps build, which grows; strings of an earlier call are lost. Of what
/// it has grown to, up to 4 MiB are kept for the next call.
TextRoom* thread_texts();

/// Throws std::bad_alloc where rows did not get the room that they asked for.
void check_texts(Status status);

}  // namespace mainspring
