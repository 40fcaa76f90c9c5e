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

constexpr uint32_t kFactors = 16;
// So many keys decide on the factor: the most frequent ones, which most rows hold.
constexpr size_t kDecidingKeys = 1024;
constexpr size_t kSmallTable = 4096;

/// How many rows hold a key that does not lie in its first cell, when the k-th key is as frequent
/// as 1 / k. No cell is taken before and after.
uint64_t displaced_rows(std::span<const uint64_t> hashes, const Places& places,
                        std::vector<uint8_t>& taken) {
  constexpr uint64_t kRows = 1 << 20;
  uint64_t displaced = 0;
  std::vector<uint64_t> cells;
  for (size_t key = 0; key < hashes.size(); ++key) {
    uint64_t at = places.first(hashes[key]);
    if (taken[at] != 0) displaced += kRows / (key + 1);
    while (taken[at] != 0) at = places.next(at);
    taken[at] = 1;
    cells.push_back(at);
  }
  for (const uint64_t at : cells) taken[at] = 0;
  return displaced;
}

/// Fills in what the numbers of the keys decide, and the factor. Hashes of the keys, or short keys
/// themselves, come in the order of their ids, the most frequent first.
void choose_places(std::span<const uint64_t> hashes, LookupHeader& header) {
  if (hashes.size() > kMaxLookupEntries) {
    refuse("has " + std::to_string(hashes.size()) + " entries, expected at most 2^30.");
  }
  const uint64_t cells_of_key = hashes.size() <= kSmallTable ? 6 : 3;
  header.num_entries = static_cast<uint32_t>(hashes.size());
  header.num_cells = std::bit_ceil(hashes.size() * cells_of_key + 2);
  const auto deciding = hashes.first(std::min(hashes.size(), kDecidingKeys));
  std::vector<uint8_t> taken(header.num_cells);
  uint64_t best = UINT64_MAX, best_factor = kPlainFactor;
  for (uint64_t i = 0; i < kFactors && best != 0; ++i) {
    header.factor = i == 0 ? kPlainFactor : hash_u64(i) | 1;
    const uint64_t displaced = displaced_rows(deciding, Places(header), taken);
    if (displaced < best) {
      best = displaced;
      best_factor = header.factor;
    }
  }
  header.factor = best_factor;
}

/// A table of entries in the making.
template <class Entry>
class TableBuilder {
 public:
  TableBuilder(ValueType key_type, std::span<const uint64_t> hashes) {
    header_.key_type = static_cast<uint32_t>(key_type);
    choose_places(hashes, header_);
    cells_.resize(header_.num_cells);
    entries_.reserve(hashes.size());
  }

  /// False when same(entry) says that the key is there already.
  template <class Same>
  bool add(uint64_t hash, const Entry& entry, const Same& same) {
    const uint32_t number_mask = cell_mask(header_.num_entries);
    const uint32_t tag = static_cast<uint32_t>(hash >> 32) & ~number_mask;
    const Places places(header_);
    uint64_t at = places.first(hash);
    for (; cells_[at] != 0; at = places.next(at)) {
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
  std::vector<uint64_t> hashes;
  for (const T number : keys) hashes.push_back(hash_u64(key_of(number)));
  TableBuilder<uint64_t> builder(type, hashes);
  for (size_t i = 0; i < keys.size(); ++i) {
    const uint64_t key = key_of(keys[i]);
    if (!builder.add(hashes[i], key, [key](uint64_t other) { return other == key; })) {
      refuse("holds " + std::to_string(keys[i]) + " twice.");
    }
  }
  return builder.finish({});
}

/// Slots instead of entries.
std::vector<uint8_t> build_short_table(std::span<const std::string_view> keys) {
  std::vector<uint64_t> words(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) std::memcpy(&words[i], keys[i].data(), keys[i].size());
  LookupHeader header{};
  header.key_type = static_cast<uint32_t>(ValueType::kBytes);
  header.layout = static_cast<uint32_t>(KeyLayout::kShortKeys);
  choose_places(words, header);
  std::vector<uint8_t> bytes(sizeof header + header.num_cells * sizeof(ShortSlot));
  std::memcpy(bytes.data(), &header, sizeof header);
  const Places places(header);
  auto* slots = reinterpret_cast<ShortSlot*>(bytes.data() + sizeof header);
  for (uint32_t entry = 0; entry < keys.size(); ++entry) {
    uint64_t at = places.first(words[entry]);
    for (; slots[at].number != 0; at = places.next(at)) {
      if (slots[at].key == words[entry]) refuse("holds '" + std::string(keys[entry]) + "' twice.");
    }
    slots[at] = {words[entry], entry + 1, 0};
  }
  return bytes;
}

}  // namespace

std::vector<uint8_t> build_lookup_table(std::span<const std::string_view> keys) {
  const bool all_short = std::all_of(keys.begin(), keys.end(), [](std::string_view key) {
    return is_short_key(reinterpret_cast<const uint8_t*>(key.data()), key.size());
  });
  if (all_short) return build_short_table(keys);
  std::vector<uint64_t> hashes;
  for (const std::string_view key : keys) {
    hashes.push_back(hash_bytes(reinterpret_cast<const uint8_t*>(key.data()), key.size()));
  }
  TableBuilder<BytesEntry> builder(ValueType::kBytes, hashes);
  std::string arena;
  for (size_t i = 0; i < keys.size(); ++i) {
    const std::string_view key = keys[i];
    const uint64_t hash = hashes[i];
    if (key.size() > UINT32_MAX) refuse("has an entry of more than 2^32 - 1 bytes.");
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
