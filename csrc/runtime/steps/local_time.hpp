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

/// A table where it lies, at a multiple of 8.
struct ZoneTable {
  const ZoneHeader* header;
  const int64_t* transitions;
  const int32_t* offsets;
};

inline ZoneTable zone_table(const uint8_t* data) {
  const auto* header = reinterpret_cast<const ZoneHeader*>(data);
  const auto* transitions = reinterpret_cast<const int64_t*>(data + sizeof(ZoneHeader));
  return {header, transitions,
          reinterpret_cast<const int32_t*>(transitions + header->num_transitions)};
}

/// Whether exactly `length` bytes are a table that steps may read.
inline bool zone_table_is_sound(const uint8_t* data, uint64_t length) {
  if (length < sizeof(ZoneHeader)) return false;
  const uint32_t count = reinterpret_cast<const ZoneHeader*>(data)->num_transitions;
  if (count > kMaxZoneTransitions || length != zone_table_bytes(count)) return false;
  const ZoneTable zone = zone_table(data);
  const auto in_range = [](int32_t offset) {
    return offset >= -kMaxZoneOffset && offset <= kMaxZoneOffset;
  };
  if (!in_range(zone.header->first_offset)) return false;
  for (uint32_t i = 0; i < count; ++i) {
    if (!in_range(zone.offsets[i])) return false;
    if (i > 0 && zone.transitions[i - 1] >= zone.transitions[i]) return false;
  }
  return true;
}

}  // namespace mainspring
