// The transition table of a time zone as it lies in DATA: the runtime has no tzdata of its own.
#pragma once
#include <cstdint>

namespace mainspring {

/// Then follow: int64_t transitions[num_transitions] (UTC seconds since 1970, strictly ascending),
/// int32_t offsets[num_transitions] (seconds east of UTC from that transition on), zeros up to a
/// multiple of 8; and nothing else.
struct ZoneHeader {
  uint32_t num_transitions;
  int32_t first_offset;  // before the first transition
};
static_assert(sizeof(ZoneHeader) == 8);

/// No zone has been further from UTC; a larger offset in a bundle is corrupt.
inline constexpr int32_t kMaxZoneOffset = 26 * 3600;
inline constexpr uint32_t kMaxZoneTransitions = 1u << 20;

constexpr uint64_t zone_table_bytes(uint32_t num_transitions) {
  return sizeof(ZoneHeader) + ((uint64_t{num_transitions} * 12 + 7) & ~uint64_t{7});
}

}  // namespace mainspring
