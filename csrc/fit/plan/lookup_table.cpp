// Writes keys in the order of their ids, and the cells that the lookup step probes: the same keys
// give the same bytes.
#include "fit/plan/lookup_table.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>

#include "host/error.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/core/key_table.hpp"
#include "runtime/core/short_keys.hpp"

namespace mainspring {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::kParameter, "A vocabulary " + what);
}

/// A table in the making: entries come in the order of their ids, the most frequent first, so that
/// those have the cells that a probe looks at first.
template <class Entry>
class TableBuilder {
 public:
  TableBuilder(ValueType key_type, size_t num_entries) {
    if (num_entries > kMaxLookupEntries) {
      refuse("has " + std::to_string(num_entries) + " entries, expected at most 2^30.");
    }
    header_.key_type = static_cast<uint32_t>(key_type);
    header_.num_entries = static_cast<uint32_t>(num_entries);
    header_.num_cells = std::bit_ceil(uint64_t{num_entries} * 2 + 1);
    cells_.resize(header_.num_cells);
    entries_.reserve(num_entries);
  }

  /// False when same(entry) says that the key is there already.
  template <class Same>
  bool add(uint64_t hash, const Entry& entry, const Same& same) {
    const uint32_t number_mask = cell_mask(header_.num_entries);
    const uint32_t tag = static_cast<uint32_t>(hash >> 32) & ~number_mask;
    uint64_t at = hash & (header_.num_cells - 1);
    for (; cells_[at] != 0; at = (at + 1) & (header_.num_cells - 1)) {
      if ((cells_[at] & ~number_mask) != tag) continue;
      if (same(entries_[(cells_[at] & number_mask) - 1])) return false;
    }
    entries_.push_back(entry);
    cells_[at] = tag | static_cast<uint32_t>(entries_.size());
    return true;
  }

  std::vector<uint8_t> finish(const std::string& arena) {
    header_.arena_length = arena.size();
    std::vector<uint8_t> bytes;
    const auto append = [&bytes](const void* from, size_t length) {
      const auto* first = static_cast<const uint8_t*>(from);
      bytes.insert(bytes.end(), first, first + length);
    };
    bytes.reserve(sizeof header_ + entries_.size() * sizeof(Entry) + cells_.size() * 4 +
                  arena.size() + 8);
    append(&header_, sizeof header_);
    append(entries_.data(), entries_.size() * sizeof(Entry));
    append(cells_.data(), cells_.size() * sizeof(uint32_t));
    append(arena.data(), arena.size());
    bytes.resize((bytes.size() + 7) / 8 * 8);
    return bytes;
  }

 private:
  LookupHeader header_{};
  std::vector<uint32_t> cells_;
  std::vector<Entry> entries_;
};

template <class T, class KeyOf>
std::vector<uint8_t> build_number_table(std::span<const T> keys, ValueType type, KeyOf key_of) {
  TableBuilder<uint64_t> builder(type, keys.size());
  for (const T number : keys) {
    const uint64_t key = key_of(number);
    if (!builder.add(hash_u64(key), key, [key](uint64_t other) { return other == key; })) {
      refuse("holds " + std::to_string(number) + " twice.");
    }
  }
  return builder.finish({});
}

/// Slots instead of entries. At most two thirds of them are full.
std::vector<uint8_t> build_short_table(std::span<const std::string_view> keys) {
  LookupHeader header{};
  header.key_type = static_cast<uint32_t>(ValueType::kBytes);
  header.num_entries = static_cast<uint32_t>(keys.size());
  header.num_cells = std::bit_ceil(uint64_t{keys.size()} + keys.size() / 2 + 2);
  header.layout = static_cast<uint32_t>(KeyLayout::kShortKeys);
  std::vector<uint8_t> bytes(sizeof header + header.num_cells * sizeof(ShortSlot));
  std::memcpy(bytes.data(), &header, sizeof header);
  const ShortTable table = short_table(bytes.data());
  auto* slots = reinterpret_cast<ShortSlot*>(bytes.data() + sizeof header);
  for (uint32_t entry = 0; entry < keys.size(); ++entry) {
    uint64_t word = 0;
    std::memcpy(&word, keys[entry].data(), keys[entry].size());
    uint64_t at = short_slot_of(word, table);
    for (; slots[at].number != 0; at = (at + 1) & table.mask) {
      if (slots[at].key == word) refuse("holds '" + std::string(keys[entry]) + "' twice.");
    }
    slots[at] = {word, entry + 1, 0};
  }
  return bytes;
}

}  // namespace

std::vector<uint8_t> build_lookup_table(std::span<const std::string_view> keys) {
  const bool all_short = std::all_of(keys.begin(), keys.end(), [](std::string_view key) {
    return is_short_key(reinterpret_cast<const uint8_t*>(key.data()), key.size());
  });
  if (all_short && keys.size() <= kMaxLookupEntries) return build_short_table(keys);
  TableBuilder<BytesEntry> builder(ValueType::kBytes, keys.size());
  std::string arena;
  for (const std::string_view key : keys) {
    if (key.size() > UINT32_MAX) refuse("has an entry of more than 2^32 - 1 bytes.");
    const uint64_t hash = hash_bytes(reinterpret_cast<const uint8_t*>(key.data()), key.size());
    const bool is_long = key.size() > kInlineKeyBytes;
    BytesEntry entry{{kLongTag | uint64_t{key.size()} << 32, hash, arena.size(), 0}};
    if (!is_long) {
      uint8_t bytes[sizeof entry] = {static_cast<uint8_t>(key.size() + 1)};
      std::copy(key.begin(), key.end(), bytes + 1);
      std::memcpy(&entry, bytes, sizeof entry);
    }
    const auto same = [&](const BytesEntry& other) {
      if (other.words[0] != entry.words[0] || other.words[1] != entry.words[1]) return false;
      return is_long ? std::string_view(arena).substr(other.words[2], key.size()) == key
                     : other.words[2] == entry.words[2] && other.words[3] == entry.words[3];
    };
    if (!builder.add(hash, entry, same)) refuse("holds '" + std::string(key) + "' twice.");
    if (is_long) arena += key;
  }
  return builder.finish(arena);
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
