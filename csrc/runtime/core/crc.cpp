// CRC32C in 8-byte strides: one instruction a stride where the CPU of the baseline has it, eight
// table look-ups elsewhere. Called when a bundle is opened, over all of its bytes.
#include "runtime/core/crc.hpp"

#include <array>

#include "runtime/core/memory.hpp"

namespace mainspring {

namespace {

// Eight tables are 8 KB; on a device one has to do.
#if defined(MAINSPRING_SMALL)
constexpr uint32_t kStride = 1;
#else
constexpr uint32_t kStride = 8;
#endif
using SliceTables = std::array<std::array<uint32_t, 256>, kStride>;

/// Table k holds the remainders of a byte followed by k zero bytes (slicing-by-8; M. E. Kounavis
/// and F. L. Berry, "Novel table lookup-based algorithms for high-performance CRC generation",
/// 2008, doi:10.1109/TC.2008.85).
constexpr SliceTables make_tables() {
  SliceTables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? 0x82F63B78u : 0u);
    }
    tables[0][byte] = remainder;
  }
  for (uint32_t byte = 0; byte < 256; ++byte) {
    for (uint32_t k = 1; k < kStride; ++k) {
      const uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr SliceTables kTables = make_tables();

}  // namespace

uint32_t crc32c_portable(const uint8_t* data, uint64_t length, uint32_t crc) noexcept {
  crc = ~crc;
  for (; kStride == 8 && length >= 8; data += 8, length -= 8) {
    const uint64_t word = load<uint64_t>(data) ^ crc;
    crc = 0;
    for (uint32_t i = 0; i < kStride; ++i) {
      crc ^= kTables[kStride - 1 - i][(word >> (8 * i)) & 0xFF];
    }
  }
  for (; length != 0; ++data, --length) crc = (crc >> 8) ^ kTables[0][(crc ^ *data) & 0xFF];
  return ~crc;
}

#if defined(__SSE4_2__) && defined(__x86_64__)

uint32_t crc32c(const uint8_t* data, uint64_t length, uint32_t crc) noexcept {
  uint64_t state = ~crc;
  for (; length >= 8; data += 8, length -= 8) {
    state = __builtin_ia32_crc32di(state, load<uint64_t>(data));
  }
  uint32_t rest = static_cast<uint32_t>(state);
  for (; length != 0; ++data, --length) rest = __builtin_ia32_crc32qi(rest, *data);
  return ~rest;
}

#else

uint32_t crc32c(const uint8_t* data, uint64_t length, uint32_t crc) noexcept {
  return crc32c_portable(data, length, crc);
}

#endif

}  // namespace mainspring
