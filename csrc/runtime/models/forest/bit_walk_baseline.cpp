// Single rows along bits, for any CPU.
#include "runtime/core/memory.hpp"
#include "runtime/models/forest/sliced.hpp"

namespace mainspring {

namespace {

#include "runtime/models/forest/bit_walk.inc"
#include "runtime/models/forest/interleaved_bits.inc"

}  // namespace

PredictSliced bit_walk_baseline() noexcept { return &predict_bits; }

}  // namespace mainspring
