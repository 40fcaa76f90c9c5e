// Places keys into the slots that the lookup step probes, in the order of their ids: the same keys
// give the same bytes.
#include "fit/plan/lookup_table.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <string>

#include "host/error.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/core/tile.hpp"
#include "runtime/steps/lookup.hpp"
#include "runtime/steps/short_key.hpp"

namespace mainspring {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::kParameter, "A vocabulary " + what);
}

LookupHeader header_for(ValueType key_type, size_t num_entries) {
  if (num_entries > kMaxLookupEntries) {
    refuse("has " + std::to_string(num_entries) + " entries, expected at most 2^30.");
  }
  LookupHeader header{};
  header.key_type = static_cast<uint32_t>(key_type);
  header.num_entries = static_cast<uint32_t>(num_entries);
  header.num_slots = std::bit_ceil(uint64_t{num_entries} * 2 + 1);
  return header;
}

template <class Slot>
std::vector<uint8_t> bytes_of(const LookupHeader& header, const std::vector<Slot>& slots,
                              const std::string& arena) {
  std::vector<uint8_t> bytes(sizeof header + slots.size() * sizeof(Slot) +
                             (arena.size() + 7) / 8 * 8);
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + sizeof header, slots.data(), slots.size() * sizeof(Slot));
  if (!arena.empty()) {
    std::memcpy(bytes.data() + sizeof header + slots.size() * sizeof(Slot), arena.data(),
                arena.size());
  }
  return bytes;
}

template <class T, class KeyOf>
std::vector<uint8_t> build_number_table(std::span<const T> keys, ValueType type, KeyOf key_of) {
  const LookupHeader header = header_for(type, keys.size());
  std::vector<NumberSlot> slots(header.num_slots);
  for (size_t entry = 0; entry < keys.size(); ++entry) {
    const uint64_t key = key_of(keys[entry]);
    uint64_t at = hash_u64(key) & (header.num_slots - 1);
    while (slots[at].entry_plus_one != 0) {
      if (slots[at].key == key) refuse("holds " + std::to_string(keys[entry]) + " twice.");
      at = (at + 1) & (header.num_slots - 1);
    }
    slots[at] = {key, static_cast<uint32_t>(entry + 1), 0};
  }
  return bytes_of(header, slots, {});
}

}  // namespace

std::vector<uint8_t> build_lookup_table(std::span<const std::string_view> keys) {
  LookupHeader header = header_for(ValueType::kBytes, keys.size());
  std::vector<BytesSlot> slots(header.num_slots);
  std::string arena;
  for (size_t entry = 0; entry < keys.size(); ++entry) {
    const std::string_view key = keys[entry];
    const auto* data = reinterpret_cast<const uint8_t*>(key.data());
    const bool is_long = key.size() > kInlineKeyBytes;
    if (key.size() > UINT32_MAX) refuse("has an entry of more than 2^32 - 1 bytes.");
    const uint64_t hash = hash_bytes(data, key.size());
    BytesSlot slot{{kLongTag | uint64_t{key.size()} << 32, hash, arena.size()},
                   static_cast<uint32_t>(entry),
                   0};
    if (!is_long) short_key(data, key.size(), slot.words);
    uint64_t at = hash & (header.num_slots - 1);
    for (; slots[at].words[0] != 0; at = (at + 1) & (header.num_slots - 1)) {
      const BytesSlot& other = slots[at];
      if (other.words[0] != slot.words[0] || other.words[1] != slot.words[1]) continue;
      const bool same = is_long ? std::string_view(arena).substr(other.words[2], key.size()) == key
                                : other.words[2] == slot.words[2];
      if (same) refuse("holds '" + std::string(key) + "' twice.");
    }
    slots[at] = slot;
    if (is_long) arena += key;
  }
  header.arena_length = arena.size();
  return bytes_of(header, slots, arena);
}

std::vector<uint8_t> build_lookup_table(std::span<const int64_t> keys) {
  return build_number_table(keys, ValueType::kI64,
                            [](int64_t key) { return static_cast<uint64_t>(key); });
}

std::vector<uint8_t> build_lookup_table(std::span<const double> keys) {
  for (const double key : keys) {
    if (std::isnan(key)) refuse("of numbers holds a NaN, expected numbers: NaN means missing.");
  }
  return build_number_table(keys, ValueType::kF64, [](double key) { return number_key(key); });
}

}  // namespace mainspring
