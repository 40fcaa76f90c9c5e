// Values to vocabulary ids through the hash table in DATA: missing 0, unseen 1, entries from 2.
#include "runtime/steps/lookup.hpp"

#include "runtime/core/hash.hpp"
#include "runtime/core/memory.hpp"
#include "runtime/steps/record_shape.hpp"
#include "runtime/steps/short_key.hpp"

namespace mainspring {
namespace {

// Rows whose slots are prefetched together: a large vocabulary lies outside the cache, and this
// many misses overlap.
constexpr uint32_t kGroupRows = 32;

struct BytesTable {
  using Key = BytesView;
  const BytesSlot* slots;
  uint64_t mask;
  const uint8_t* arena;

  explicit BytesTable(const uint8_t* data) {
    const auto* header = reinterpret_cast<const LookupHeader*>(data);
    slots = reinterpret_cast<const BytesSlot*>(data + sizeof(LookupHeader));
    mask = header->num_slots - 1;
    arena = reinterpret_cast<const uint8_t*>(slots + header->num_slots);
  }

  static uint64_t hash_of(const BytesView& key) { return hash_bytes(key.data, key.length); }

  int32_t find(const BytesView& key, uint64_t hash) const {
    uint64_t words[3];
    if (key.length <= kInlineKeyBytes) {
      short_key(key.data, key.length, words);
    } else {
      if (key.length > UINT32_MAX) return kUnseenId;
      words[0] = kLongTag | key.length << 32;
      words[1] = hash;
      words[2] = 0;
    }
    for (uint64_t at = hash & mask;; at = (at + 1) & mask) {
      const BytesSlot& slot = slots[at];
      if (slot.words[0] == words[0] && slot.words[1] == words[1]) {
        const bool same = key.length <= kInlineKeyBytes
                              ? slot.words[2] == words[2]
                              : same_bytes(arena + slot.words[2], key.data, key.length);
        if (same) return static_cast<int32_t>(slot.entry) + kFirstEntryId;
      }
      if (slot.words[0] == 0) return kUnseenId;
    }
  }
};

template <class T>
struct NumberTable {
  using Key = T;
  const NumberSlot* slots;
  uint64_t mask;

  explicit NumberTable(const uint8_t* data) {
    slots = reinterpret_cast<const NumberSlot*>(data + sizeof(LookupHeader));
    mask = reinterpret_cast<const LookupHeader*>(data)->num_slots - 1;
  }

  static uint64_t key_of(double value) { return number_key(value); }
  static uint64_t key_of(int64_t value) { return static_cast<uint64_t>(value); }
  static uint64_t hash_of(T value) { return hash_u64(key_of(value)); }

  int32_t find(T value, uint64_t hash) const {
    const uint64_t key = key_of(value);
    for (uint64_t at = hash & mask;; at = (at + 1) & mask) {
      const NumberSlot& slot = slots[at];
      if (slot.entry_plus_one == 0) return kUnseenId;
      if (slot.key == key) return static_cast<int32_t>(slot.entry_plus_one - 1) + kFirstEntryId;
    }
  }
};

template <class Table>
void find_rows(const Table& table, const Tile& in, int32_t* out) {
  const auto* keys = values_of<typename Table::Key>(in);
  uint64_t hashes[kGroupRows];
  for (uint32_t first = 0; first < in.num_rows; first += kGroupRows) {
    const uint32_t count = in.num_rows - first < kGroupRows ? in.num_rows - first : kGroupRows;
    for (uint32_t i = 0; i < count; ++i) {
      hashes[i] = Table::hash_of(keys[first + i]);
      __builtin_prefetch(table.slots + (hashes[i] & table.mask));
    }
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t row = first + i;
      out[row] =
          is_valid(in.validity, row) ? table.find(keys[row], hashes[i]) : int32_t{kMissingId};
    }
  }
}

/// Every probe meets an empty slot, every entry is one of the stated ones, and no long key lies
/// outside the arena.
bool slots_are_sound(const BytesSlot* slots, const LookupHeader& header) {
  uint64_t num_full = 0;
  for (uint64_t i = 0; i < header.num_slots; ++i) {
    const BytesSlot& slot = slots[i];
    const uint64_t tag = slot.words[0] & 0xff;
    if (slot.reserved != 0) return false;
    if (tag == kEmptyTag) {
      if ((slot.words[0] | slot.words[1] | slot.words[2] | slot.entry) != 0) return false;
      continue;
    }
    ++num_full;
    if (slot.entry >= header.num_entries) return false;
    if (tag == kLongTag) {
      const uint64_t length = slot.words[0] >> 32;
      if ((slot.words[0] >> 8 & 0xffffff) != 0 || length <= kInlineKeyBytes) return false;
      if (length > header.arena_length || slot.words[2] > header.arena_length - length) {
        return false;
      }
    } else if (tag > kInlineKeyBytes + 1) {
      return false;
    }
  }
  return num_full == header.num_entries;
}

bool slots_are_sound(const NumberSlot* slots, const LookupHeader& header) {
  uint64_t num_full = 0;
  for (uint64_t i = 0; i < header.num_slots; ++i) {
    const NumberSlot& slot = slots[i];
    if (slot.reserved != 0 || (slot.entry_plus_one == 0 && slot.key != 0)) return false;
    if (slot.entry_plus_one > header.num_entries) return false;
    if (slot.entry_plus_one != 0) ++num_full;
  }
  return num_full == header.num_entries;
}

bool table_is_sound(const uint8_t* data, uint64_t length, ValueType key_type) {
  if (length < sizeof(LookupHeader)) return false;
  const auto& header = *reinterpret_cast<const LookupHeader*>(data);
  const uint8_t* slots = data + sizeof(LookupHeader);
  uint64_t room = length - sizeof(LookupHeader);
  for (const uint64_t field : header.reserved) {
    if (field != 0) return false;
  }
  if (header.key_type != static_cast<uint32_t>(key_type)) return false;
  if (header.num_entries > kMaxLookupEntries || header.num_slots <= header.num_entries ||
      (header.num_slots & (header.num_slots - 1)) != 0) {
    return false;
  }
  const bool is_bytes = key_type == ValueType::kBytes;
  const uint64_t slot_bytes = is_bytes ? sizeof(BytesSlot) : sizeof(NumberSlot);
  if (header.num_slots > room / slot_bytes) return false;
  room -= header.num_slots * slot_bytes;
  if (header.arena_length > room || room - header.arena_length >= 8) return false;
  if (!is_bytes) {
    return room == 0 && slots_are_sound(reinterpret_cast<const NumberSlot*>(slots), header);
  }
  return slots_are_sound(reinterpret_cast<const BytesSlot*>(slots), header);
}

struct Lookup {
  static constexpr StepCode kCode = StepCode::kLookup;
  static constexpr const char* kName = "lookup";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 1,
                            .num_outputs = 1,
                            .integer_mask = 1u << kCardinality,
                            .data = true})) {
      return kBadRecord;
    }
    const ValueType type = input_type(record, plan);
    if ((type != ValueType::kBytes && type != ValueType::kI64 && type != ValueType::kF64) ||
        output_type(record, plan) != ValueType::kI32) {
      return kBadRecord;
    }
    const uint8_t* data = plan.data + record.data_offset;
    if (!table_is_sound(data, record.data_length, type)) return kBadRecord;
    const uint64_t num_entries = reinterpret_cast<const LookupHeader*>(data)->num_entries;
    return ok_if(record.integers[kCardinality] == num_entries + kFirstEntryId);
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    const uint8_t* data = context.data + record.data_offset;
    int32_t* to = values_of<int32_t>(out);
    if (in.type == ValueType::kBytes) {
      find_rows(BytesTable(data), in, to);
    } else if (in.type == ValueType::kI64) {
      find_rows(NumberTable<int64_t>(data), in, to);
    } else {
      find_rows(NumberTable<double>(data), in, to);
    }
    set_all_valid(out);
  }
};

}  // namespace

extern constinit const Step kLookupStep = step_of<Lookup>();

}  // namespace mainspring
