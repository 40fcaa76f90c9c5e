// Exact sums in lanes of 64 bytes; empty where the target has none. The file's name sets its
// compiler flags.
#include "profile/block_forms.hpp"

#if defined(__AVX512F__) && defined(__AVX512DQ__)

namespace mainspring {

namespace {

constexpr uint32_t kLaneBytes = 64;

#include "profile/block_forms.inc"

}  // namespace

const BlockForms* block_forms_avx512() noexcept { return &kForms; }

}  // namespace mainspring

#else

namespace mainspring {
const BlockForms* block_forms_avx512() noexcept { return nullptr; }
}  // namespace mainspring

#endif
