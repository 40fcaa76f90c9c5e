// Keys to ids in a vocabulary's hash table: one row at a time, in the layout that lies in bundles.
#pragma once
#include "device_plan.hpp"
#include "runtime/core/short_keys.hpp"

namespace mainspring::gpu {

inline constexpr int32_t kMissing = 0;
inline constexpr int32_t kUnseen = 1;

MAINSPRING_BOTH inline int32_t find_number(const DeviceTable& table, uint64_t key) {
  const auto* keys = static_cast<const uint64_t*>(table.entries);
  uint64_t at = (hash_integer(key) * table.factor) >> table.shift;
  for (; table.cells[at] != 0; at = (at + 1) & table.mask) {
    const uint32_t number = table.cells[at] & table.number_mask;
    if (keys[number - 1] == key) return static_cast<int32_t>(number) + 1;
  }
  return kUnseen;
}

/// A word says its own length: keys of such a table end in no zero byte.
MAINSPRING_BOTH inline int32_t find_short_text(const DeviceTable& table, const DeviceText& key) {
  if (key.length > kShortKeyBytes) return kUnseen;
  if (key.length != 0 && key.data[key.length - 1] == 0) return kUnseen;
  const uint64_t word = load_padded(key.data, key.length);
  const auto* slots = static_cast<const ShortSlot*>(table.entries);
  uint64_t at = (word * table.factor) >> table.shift;
  for (; slots[at].number != 0; at = (at + 1) & table.mask) {
    if (slots[at].key == word) return static_cast<int32_t>(slots[at].number) + 1;
  }
  return kUnseen;
}

/// Whether the entry holds this key of at most kInlineKeyBytes.
MAINSPRING_BOTH inline bool holds_inline_key(const BytesEntry& entry, const DeviceText& key) {
  uint64_t before = key.length + 1;  // the tag, which the words' bytes follow
  uint32_t before_bits = 8;
  for (uint32_t word = 0; word < 4; ++word) {
    const uint64_t done = uint64_t{word} * 8;
    const uint64_t bytes = key.length > done ? load_padded(key.data + done, key.length - done) : 0;
    if (entry.words[word] != (before | bytes << before_bits)) return false;
    before = bytes >> 56;
  }
  return true;
}

MAINSPRING_BOTH inline bool holds_long_key(const DeviceTable& table, const BytesEntry& entry,
                                           const DeviceText& key, uint64_t hash) {
  if (entry.words[0] != (kLongTag | key.length << 32) || entry.words[1] != hash) return false;
  const uint8_t* bytes = table.arena + entry.words[2];
  for (uint64_t i = 0; i < key.length; ++i) {
    if (bytes[i] != key.data[i]) return false;
  }
  return true;
}

MAINSPRING_BOTH inline int32_t find_text(const DeviceTable& table, const DeviceText& key) {
  if (table.has_short_keys) return find_short_text(table, key);
  if (key.length > UINT32_MAX) return kUnseen;
  const uint64_t hash = hash_of_bytes(key.data, key.length);
  const auto* entries = static_cast<const BytesEntry*>(table.entries);
  const uint32_t tag = static_cast<uint32_t>(hash >> 32) & ~table.number_mask;
  for (uint64_t at = (hash * table.factor) >> table.shift;; at = (at + 1) & table.mask) {
    const uint32_t cell = table.cells[at];
    if (cell == 0) return kUnseen;
    if ((cell & ~table.number_mask) != tag) continue;
    const uint32_t number = cell & table.number_mask;
    const BytesEntry& entry = entries[number - 1];
    const bool same = key.length <= kInlineKeyBytes ? holds_inline_key(entry, key)
                                                    : holds_long_key(table, entry, key, hash);
    if (same) return static_cast<int32_t>(number) + 1;
  }
}

}  // namespace mainspring::gpu
