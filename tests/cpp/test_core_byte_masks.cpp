// Comparisons of 64 bytes and codes of 64 rows: every form of them against one bit at a time.
#include <vector>

#include "check.hpp"
#include "random.hpp"
#include "runtime/core/memory.hpp"

#if defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace mainspring {
namespace {

namespace words {
#include "runtime/models/forest/byte_masks.inc"
}  // namespace words

#if defined(__aarch64__)
namespace neon {
#include "runtime/models/forest/byte_masks_neon.inc"
}  // namespace neon
#endif

template <class Compare>
void test_masks(Compare mask_above) {
  Random random(1);
  for (uint32_t rank = 0; rank < 256; ++rank) {
    alignas(64) uint8_t ranks[64];
    for (uint8_t& one : ranks) {
      one = static_cast<uint8_t>(below(random, 3) == 0 ? rank + below(random, 3) - 1 : random());
    }
    uint64_t expected = 0;
    for (uint32_t i = 0; i < 64; ++i) expected |= uint64_t{ranks[i] > rank} << i;
    check(mask_above(ranks, static_cast<uint8_t>(rank)) == expected, "bytes above a rank");
  }
}

template <class Spread>
void test_codes(Spread spread_planes) {
  Random random(2);
  for (uint32_t count = 0; count <= 12; ++count) {
    for (const uint32_t stride : {1u, 2u, 8u}) {
      std::vector<uint64_t> planes(12 * stride);
      for (uint64_t& word : planes) word = random();
      alignas(64) uint16_t codes[64];
      spread_planes(planes.data(), stride, count, codes);
      for (uint32_t row = 0; row < 64; ++row) {
        uint32_t expected = 0;
        for (uint32_t j = 0; j < count; ++j) {
          expected |= static_cast<uint32_t>(planes[j * stride] >> row & 1) << j;
        }
        check(codes[row] == expected, "the code of a row");
      }
    }
  }
}

}  // namespace
}  // namespace mainspring

int main() {
  mainspring::test_masks(mainspring::words::mask_above);
  mainspring::test_codes(mainspring::words::spread_planes);
#if defined(__aarch64__)
  mainspring::test_masks(mainspring::neon::mask_above);
  mainspring::test_codes(mainspring::neon::spread_planes);
#endif
  return mainspring::finish();
}
