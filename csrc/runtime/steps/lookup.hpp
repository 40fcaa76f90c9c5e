// The hash table of a vocabulary as it lies in DATA: open addressing with linear probes, a power of
// two of slots, at most half of them full, so that a probe of a present key looks at 1.5 slots on
// average and one cache line holds two.
#pragma once
#include <cstdint>

namespace mainspring {

/// Then follow num_slots slots (of the size that key_type says), then arena_length bytes of long
/// keys, zeros up to a multiple of 8; and nothing else. Slot of a key: hash & (num_slots - 1), then
/// the next ones, around the end.
struct LookupHeader {
  uint32_t key_type;     // ValueType: kBytes, kI64 or kF64
  uint32_t num_entries;  // ids lie in [0, num_entries + 2)
  uint64_t num_slots;    // power of two, more than num_entries
  uint64_t arena_length;
  uint64_t reserved[5];
};
static_assert(sizeof(LookupHeader) == 64);

inline constexpr uint32_t kMaxLookupEntries = 1u << 30;

/// A bytes key of up to 23 bytes lies in the slot itself; hash_bytes() places it.
inline constexpr uint32_t kInlineKeyBytes = 23;
inline constexpr uint8_t kEmptyTag = 0;  // all 32 bytes are zero
inline constexpr uint8_t kLongTag = 255;

/// tag 1 + length: the key, padded with zeros, follows in the other 23 bytes of `words`, so that
/// three word compares decide. tag kLongTag: `words` hold the tag and 3 zero bytes, then the length
/// as uint32 (> kInlineKeyBytes); the hash; the offset in the arena.
struct BytesSlot {
  uint64_t words[3];
  uint32_t entry;
  uint32_t reserved;
};
static_assert(sizeof(BytesSlot) == 32);

/// hash_u64(key) places it. A float64 key is its bits, -0 as 0; NaN is never a key.
struct NumberSlot {
  uint64_t key;
  uint32_t entry_plus_one;  // 0: empty, and the whole slot is zero
  uint32_t reserved;
};
static_assert(sizeof(NumberSlot) == 16);

/// Key bits of a float64: -0 and 0 are one key.
inline uint64_t number_key(double value) {
  const double canonical = value == 0 ? 0.0 : value;
  return __builtin_bit_cast(uint64_t, canonical);
}

}  // namespace mainspring
