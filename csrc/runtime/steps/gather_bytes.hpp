// The payload of the step gather_bytes: one entry for each id, then the texts.
#pragma once
#include <cstdint>

namespace mainspring {

/// Bytes [offset, offset + length) of the texts; or a mark, and the offset is 0.
struct TextEntry {
  uint64_t offset;
  uint64_t length;
};
static_assert(sizeof(TextEntry) == 16);

inline constexpr uint64_t kTextMissing = ~uint64_t{0};
/// The row of the second input.
inline constexpr uint64_t kTextKept = ~uint64_t{0} - 1;

}  // namespace mainspring
