// The hash table of a vocabulary as it lies in DATA: the keys in the order of their ids, and a
// table of cells that point to them.
//
// A cell has 4 bytes, so that the table stays small, and part of the hash, so that a probe seldom
// reads a wrong key. Ids are ordered by count: the keys that most rows ask for lie side by side,
// where slots that hold the keys themselves would scatter them over the whole table.
//
// Keys of at most 8 bytes are so small that the other way is faster: slots that hold key and id,
// found by one multiplication and read at once, eight rows side by side (short_keys.hpp).
//
// The first probe should find most rows' keys: whether it did cannot be guessed, and a wrong guess
// costs as much as the probe. So tables are mostly empty, and each has a factor of its own, of
// several the one that leaves the most frequent keys their first cells.
#pragma once
#include <cstdint>

#include "runtime/core/tile.hpp"

namespace mainspring {

/// What follows the header.
enum class KeyLayout : uint32_t {
  kEntries = 0,
  kShortKeys = 1,  // num_cells slots (short_keys.hpp) and nothing else
};

/// kEntries: then follow num_entries entries (BytesEntry, or the u64 of a number), num_cells cells
/// of u32, arena_length bytes of long keys, zeros up to a multiple of 8; and nothing else.
struct LookupHeader {
  uint32_t key_type;     // ValueType: kBytes, kI64 or kF64
  uint32_t num_entries;  // ids lie in [0, num_entries + 2)
  uint64_t num_cells;    // power of two, at least 2, more than num_entries
  uint64_t arena_length;
  uint32_t layout;  // KeyLayout
  uint32_t reserved0;
  uint64_t factor;  // odd
  uint64_t reserved[3];
};
static_assert(sizeof(LookupHeader) == 64);

inline constexpr uint32_t kMaxLookupEntries = 1u << 30;

/// Keys that are looked for side by side: what a group touches, some lines a key, stays in 32 KB of
/// cache (256 keys cost 6 % more on Zen 4).
inline constexpr uint32_t kKeyGroup = 128;

/// A bytes key of up to 31 bytes lies in the entry itself; hash_bytes() places it.
inline constexpr uint32_t kInlineKeyBytes = 31;
inline constexpr uint8_t kLongTag = 255;

/// tag 1 + length: the key, padded with zeros, follows in the other 31 bytes of `words`. tag
/// kLongTag: `words` hold the tag and 3 zero bytes, then the length as uint32 (> kInlineKeyBytes);
/// the hash; the offset in the arena; 0.
struct BytesEntry {
  uint64_t words[4];
};
static_assert(sizeof(BytesEntry) == 32);

inline bool is_long(const BytesEntry& entry) { return (entry.words[0] & 0xff) == kLongTag; }

/// The key, in the entry or in the arena.
inline BytesView key_of(const BytesEntry& entry, const uint8_t* arena) {
  if (is_long(entry)) return {arena + entry.words[2], entry.words[0] >> 32};
  return {reinterpret_cast<const uint8_t*>(entry.words) + 1, (entry.words[0] & 0xff) - 1};
}

/// What the cell of an entry has above its number.
constexpr uint32_t cell_mask(uint32_t num_entries) {
  return num_entries == 0 ? 0 : ~uint32_t{0} >> __builtin_clz(num_entries);
}

/// The factor of a table whose keys nobody knows yet.
inline constexpr uint64_t kPlainFactor = 0x9E3779B97F4A7C15ull;

/// Where the first cell, or slot, of a key is: the highest bits of its hash, or of the word that a
/// short key is, times the table's factor.
struct Places {
  uint64_t factor;
  uint64_t mask;   // num_cells - 1
  uint32_t shift;  // 64 - the bits of mask

  explicit Places(const LookupHeader& header)
      : factor(header.factor),
        mask(header.num_cells - 1),
        shift(static_cast<uint32_t>(__builtin_clzll(header.num_cells)) + 1) {}

  uint64_t first(uint64_t hash) const { return (hash * factor) >> shift; }
  uint64_t next(uint64_t at) const { return (at + 1) & mask; }
};

/// The cells of a key: from Places::first(hash) on, around the end. A cell is 0 when
/// empty, else 1 + entry in as many bits as num_entries takes, and above them the highest bits of
/// the hash's upper half.
struct KeyTable {
  const uint8_t* entries;
  const uint32_t* cells;
  const uint8_t* arena;
  Places places;
  uint32_t number_mask;  // the bits of a cell that are 1 + entry
};

inline KeyTable key_table(const uint8_t* data) {
  const auto* header = reinterpret_cast<const LookupHeader*>(data);
  const bool is_bytes = header->key_type == static_cast<uint32_t>(ValueType::kBytes);
  const uint64_t entry_bytes = is_bytes ? sizeof(BytesEntry) : sizeof(uint64_t);
  const uint8_t* entries = data + sizeof(LookupHeader);
  const auto* cells =
      reinterpret_cast<const uint32_t*>(entries + header->num_entries * entry_bytes);
  return {entries, cells, reinterpret_cast<const uint8_t*>(cells + header->num_cells),
          Places(*header), cell_mask(header->num_entries)};
}

/// Key bits of a float64: -0 and 0 are one key. NaN is never a key.
inline uint64_t number_key(double value) {
  const double canonical = value == 0 ? 0.0 : value;
  return __builtin_bit_cast(uint64_t, canonical);
}

}  // namespace mainspring
