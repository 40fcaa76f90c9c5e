// CRC32C (Castagnoli, reflected polynomial 0x82F63B78): the checksum of bundle headers, tables and
// sections.
#pragma once
#include <cstdint>

namespace mainspring {

/// crc of an empty input is 0; feed the result back as `crc` to go on.
uint32_t crc32c(const uint8_t* data, uint64_t length, uint32_t crc = 0) noexcept;

/// The same without the CPU's instruction: what crc32c() is where the baseline CPU has none.
uint32_t crc32c_portable(const uint8_t* data, uint64_t length, uint32_t crc = 0) noexcept;

}  // namespace mainspring
