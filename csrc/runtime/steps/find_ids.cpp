// Open addressing over cells: numbers here, strings by the kernels of each instruction set.
#include "runtime/steps/find_ids.hpp"

#include "runtime/core/hash.hpp"
#include "runtime/core/key_table.hpp"
#include "runtime/core/short_keys.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

uint64_t key_of(double value) { return number_key(value); }
uint64_t key_of(int64_t value) { return static_cast<uint64_t>(value); }

// Rows whose cells are prefetched together: a large vocabulary lies outside the cache, and this
// many misses overlap.
constexpr uint32_t kGroupRows = 32;

template <class T>
void find_numbers(const T* values, int32_t* ids, uint32_t num_rows, const uint8_t* data) {
  const KeyTable table = key_table(data);
  const auto* keys = reinterpret_cast<const uint64_t*>(table.entries);
  uint64_t cells_at[kGroupRows];
  for (uint32_t first = 0; first < num_rows; first += kGroupRows) {
    const uint32_t count = num_rows - first < kGroupRows ? num_rows - first : kGroupRows;
    for (uint32_t i = 0; i < count; ++i) {
      cells_at[i] = table.places.first(hash_u64(key_of(values[first + i])));
      __builtin_prefetch(table.cells + cells_at[i]);
    }
    for (uint32_t i = 0; i < count; ++i) {
      const uint64_t key = key_of(values[first + i]);
      int32_t id = kUnseenId;
      for (uint64_t at = cells_at[i]; table.cells[at] != 0; at = table.places.next(at)) {
        const uint32_t number = table.cells[at] & table.number_mask;
        if (keys[number - 1] != key) continue;
        id = static_cast<int32_t>(number) + 1;
        break;
      }
      ids[first + i] = id;
    }
  }
}

/// No long key lies outside the arena.
bool entries_are_sound(const BytesEntry* entries, const LookupHeader& header) {
  for (uint64_t i = 0; i < header.num_entries; ++i) {
    const uint64_t* words = entries[i].words;
    const uint64_t tag = words[0] & 0xff;
    if (tag == kLongTag) {
      const uint64_t length = words[0] >> 32;
      if ((words[0] >> 8 & 0xffffff) != 0 || length <= kInlineKeyBytes || words[3] != 0) {
        return false;
      }
      if (length > header.arena_length || words[2] > header.arena_length - length) return false;
    } else if (tag == 0 || tag > kInlineKeyBytes + 1) {
      return false;
    }
  }
  return true;
}

/// Every probe meets an empty cell, and every cell is one of an entry.
bool cells_are_sound(const KeyTable& table, const LookupHeader& header) {
  uint64_t num_full = 0;
  for (uint64_t i = 0; i < header.num_cells; ++i) {
    const uint32_t cell = table.cells[i];
    if (cell == 0) continue;
    const uint32_t number = cell & table.number_mask;
    if (number == 0 || number > header.num_entries) return false;
    ++num_full;
  }
  return num_full == header.num_entries;
}

/// As many slots are full as there are entries, so every probe meets an empty one.
bool slots_are_sound(const uint8_t* data, uint64_t room, ValueType key_type) {
  const auto& header = *reinterpret_cast<const LookupHeader*>(data);
  if (key_type != ValueType::kBytes || header.arena_length != 0 ||
      header.num_cells > room / sizeof(ShortSlot) || header.num_cells * sizeof(ShortSlot) != room) {
    return false;
  }
  const ShortTable table = short_table(data);
  uint64_t num_full = 0;
  for (uint64_t i = 0; i < header.num_cells; ++i) {
    const ShortSlot& slot = table.slots[i];
    if (slot.reserved != 0 || slot.number > header.num_entries) return false;
    num_full += slot.number != 0 ? 1 : 0;
  }
  return num_full == header.num_entries;
}

}  // namespace

bool table_is_sound(const uint8_t* data, uint64_t length, ValueType key_type) noexcept {
  if (length < sizeof(LookupHeader)) return false;
  const auto& header = *reinterpret_cast<const LookupHeader*>(data);
  uint64_t room = length - sizeof(LookupHeader);
  for (const uint64_t field : header.reserved) {
    if (field != 0) return false;
  }
  if (header.key_type != static_cast<uint32_t>(key_type) || header.reserved0 != 0 ||
      header.layout > static_cast<uint32_t>(KeyLayout::kShortKeys)) {
    return false;
  }
  if (header.num_entries > kMaxLookupEntries || header.num_cells <= header.num_entries ||
      header.num_cells < 2 || header.factor % 2 == 0 ||
      (header.num_cells & (header.num_cells - 1)) != 0) {
    return false;
  }
  if (header.layout != 0) return slots_are_sound(data, room, key_type);
  const bool is_bytes = key_type == ValueType::kBytes;
  const uint64_t entries_length =
      header.num_entries * (is_bytes ? sizeof(BytesEntry) : sizeof(uint64_t));
  if (entries_length > room) return false;
  room -= entries_length;
  if (header.num_cells > room / sizeof(uint32_t)) return false;
  room -= header.num_cells * sizeof(uint32_t);
  if (header.arena_length > room || room - header.arena_length >= 8) return false;
  if (!is_bytes && header.arena_length != 0) return false;
  const KeyTable table = key_table(data);
  return cells_are_sound(table, header) &&
         (!is_bytes ||
          entries_are_sound(reinterpret_cast<const BytesEntry*>(table.entries), header));
}

void find_ids(const Tile& keys, const Kernels& kernels, const uint8_t* table,
              int32_t* ids) noexcept {
  if (keys.type == ValueType::kBytes) {
    kernels.find_bytes(values_of<BytesView>(keys), ids, keys.num_rows, table);
  } else if (keys.type == ValueType::kI64) {
    find_numbers(values_of<int64_t>(keys), ids, keys.num_rows, table);
  } else {
    find_numbers(values_of<double>(keys), ids, keys.num_rows, table);
  }
}

}  // namespace mainspring
