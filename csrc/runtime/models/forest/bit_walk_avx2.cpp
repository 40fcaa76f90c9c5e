// Single rows along bits for x86-64-v3 CPUs; empty elsewhere. The file's name sets its compiler
// flags.
#include "runtime/core/memory.hpp"
#include "runtime/models/forest/sliced.hpp"

#if defined(__AVX2__)

namespace mainspring {

namespace {

#include "runtime/models/forest/bit_walk.inc"
#include "runtime/models/forest/interleaved_bits.inc"

}  // namespace

PredictSliced bit_walk_avx2() noexcept { return &predict_bits; }

}  // namespace mainspring

#else

namespace mainspring {
PredictSliced bit_walk_avx2() noexcept { return nullptr; }
}  // namespace mainspring

#endif
