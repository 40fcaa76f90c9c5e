// The table of a vocabulary whose keys all have at most 8 bytes, none of them ending in a zero
// byte: a key is then one word, padded with zeros, that says its own length.
#pragma once
#include <cstdint>

#include "runtime/core/key_table.hpp"
#include "runtime/core/memory.hpp"

namespace mainspring {

inline constexpr uint32_t kShortKeyBytes = 8;

/// number: 1 + entry, or 0: empty.
struct ShortSlot {
  uint64_t key;
  uint32_t number;
  uint32_t reserved;  // zero
};
static_assert(sizeof(ShortSlot) == 16);

struct ShortTable {
  const ShortSlot* slots;
  Places places;
};

inline ShortTable short_table(const uint8_t* data) {
  const auto* header = reinterpret_cast<const LookupHeader*>(data);
  return {reinterpret_cast<const ShortSlot*>(header + 1), Places(*header)};
}

/// The length that a word says: up to its last byte that is not zero.
inline uint32_t implied_length(uint64_t key) {
  return key == 0 ? 0 : 8 - static_cast<uint32_t>(__builtin_clzll(key)) / 8;
}

/// The id of a key from the slot `at` on.
inline int32_t find_short_from(const ShortTable& table, uint64_t key, uint64_t at) {
  for (;; at = table.places.next(at)) {
    const ShortSlot& slot = table.slots[at];
    if (slot.number == 0) return 1;
    if (slot.key == key) return static_cast<int32_t>(slot.number) + 1;
  }
}

/// Whether a table of short keys can hold it.
inline bool is_short_key(const uint8_t* data, uint64_t length) {
  return length <= kShortKeyBytes && (length == 0 || data[length - 1] != 0);
}

}  // namespace mainspring
