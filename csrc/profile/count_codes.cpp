// Up to how many entries codes are counted bit by bit.
#include "profile/count_codes.hpp"

namespace mainspring {

namespace {

// A million codes of four bytes on Zen 4: a table takes 288 us, each 32 entries 40 (AVX-512) or 73
// (AVX2); codes of eight bytes take up to twice that.
constexpr uint64_t kMostAvx512 = 128, kMostAvx2 = 96;

}  // namespace

CountCodes count_codes_of(IsaLevel level, uint64_t num_entries) noexcept {
  if (level == IsaLevel::kAvx512) {
    return num_entries <= kMostAvx512 ? count_codes_avx512() : nullptr;
  }
  return level == IsaLevel::kAvx2 && num_entries <= kMostAvx2 ? count_codes_avx2() : nullptr;
}

}  // namespace mainspring
