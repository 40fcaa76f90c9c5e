// Writes keys in the order of their ids, and the cells that the lookup step probes: the same keys
// give the same bytes.
#include "fit/plan/lookup_table.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "host/bundle_image.hpp"
#include "host/error.hpp"
#include "runtime/core/hash.hpp"
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

// Keys whose cells are asked for before they are written: most lie outside the cache.
constexpr size_t kAhead = 16;

/// How many rows hold a key that does not lie in its first cell, when the k-th key is as frequent
/// as 1 / k, or `most` where there are as many. No cell is taken before and after.
uint64_t displaced_rows(std::span<const uint64_t> hashes, const Places& places, uint64_t most,
                        std::vector<uint8_t>& taken) {
  constexpr uint64_t kRows = 1 << 20;
  uint64_t displaced = 0;
  std::vector<uint64_t> cells;
  cells.reserve(hashes.size());
  for (size_t key = 0; key < hashes.size() && displaced < most; ++key) {
    uint64_t at = places.first(hashes[key]);
    if (taken[at] != 0) displaced += kRows / (key + 1);
    while (taken[at] != 0) at = places.next(at);
    taken[at] = 1;
    cells.push_back(at);
  }
  for (const uint64_t at : cells) taken[at] = 0;
  return std::min(displaced, most);
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
    const uint64_t displaced = displaced_rows(deciding, Places(header), best, taken);
    if (displaced < best) {
      best = displaced;
      best_factor = header.factor;
    }
  }
  header.factor = best_factor;
}

/// A table of entries in the making, in the memory that it will have.
template <class Entry>
class TableBuilder {
 public:
  TableBuilder(ValueType key_type, std::span<const uint64_t> hashes, uint64_t arena_length = 0)
      : hashes_(hashes) {
    header_.key_type = static_cast<uint32_t>(key_type);
    header_.arena_length = arena_length;
    choose_places(hashes, header_);
    const uint64_t length = sizeof header_ + hashes.size() * sizeof(Entry) +
                            header_.num_cells * sizeof(uint32_t) + arena_length;
    bytes_.resize((length + 7) / 8 * 8);
    std::memcpy(bytes_.data(), &header_, sizeof header_);
  }

  /// The next entry; false when same(entry) says that its key is there already.
  template <class Same>
  bool add(const Entry& entry, const Same& same) {
    const uint32_t number_mask = cell_mask(header_.num_entries);
    const Places places(header_);
    if (size_ + kAhead < hashes_.size()) {
      __builtin_prefetch(cells() + places.first(hashes_[size_ + kAhead]), 1);
    }
    const uint64_t hash = hashes_[size_];
    const uint32_t tag = static_cast<uint32_t>(hash >> 32) & ~number_mask;
    uint64_t at = places.first(hash);
    for (; cells()[at] != 0; at = places.next(at)) {
      if ((cells()[at] & ~number_mask) != tag) continue;
      if (same(entries()[(cells()[at] & number_mask) - 1])) return false;
    }
    entries()[size_++] = entry;
    cells()[at] = tag | static_cast<uint32_t>(size_);
    return true;
  }

  char* arena() { return reinterpret_cast<char*>(cells() + header_.num_cells); }
  Payload finish() { return std::move(bytes_); }

 private:
  Entry* entries() { return reinterpret_cast<Entry*>(bytes_.data() + sizeof header_); }
  uint32_t* cells() { return reinterpret_cast<uint32_t*>(entries() + header_.num_entries); }

  LookupHeader header_{};
  std::span<const uint64_t> hashes_;
  Payload bytes_;
  uint64_t size_ = 0;
};

template <class T, class KeyOf>
std::vector<uint8_t> build_number_table(std::span<const T> keys, ValueType type, KeyOf key_of) {
  std::vector<uint64_t> hashes;
  hashes.reserve(keys.size());
  for (const T number : keys) hashes.push_back(hash_u64(key_of(number)));
  TableBuilder<uint64_t> builder(type, hashes);
  for (size_t i = 0; i < keys.size(); ++i) {
    const uint64_t key = key_of(keys[i]);
    if (!builder.add(key, [key](uint64_t other) { return other == key; })) {
      refuse("holds " + std::to_string(keys[i]) + " twice.");
    }
  }
  const Payload table = builder.finish();
  return {table.begin(), table.end()};
}

}  // namespace

/// Slots instead of entries.
Payload build_short_table(std::span<const uint64_t> words) {
  LookupHeader header{};
  header.key_type = static_cast<uint32_t>(ValueType::kBytes);
  header.layout = static_cast<uint32_t>(KeyLayout::kShortKeys);
  choose_places(words, header);
  Payload bytes(sizeof header + header.num_cells * sizeof(ShortSlot));
  std::memcpy(bytes.data(), &header, sizeof header);
  const Places places(header);
  auto* slots = reinterpret_cast<ShortSlot*>(bytes.data() + sizeof header);
  for (uint32_t entry = 0; entry < words.size(); ++entry) {
    if (entry + kAhead < words.size()) {
      __builtin_prefetch(slots + places.first(words[entry + kAhead]), 1);
    }
    const uint64_t word = words[entry];
    uint64_t at = places.first(word);
    for (; slots[at].number != 0; at = places.next(at)) {
      if (slots[at].key != word) continue;
      const std::string key(reinterpret_cast<const char*>(&word), implied_length(word));
      refuse("holds '" + key + "' twice.");
    }
    slots[at] = {word, entry + 1, 0};
  }
  return bytes;
}

void hash_entries(std::span<const BytesEntry> entries, const uint8_t* arena, uint64_t* hashes) {
  BytesView keys[kTileRows];
  for (size_t first = 0; first < entries.size(); first += kTileRows) {
    const auto count = static_cast<uint32_t>(std::min<size_t>(kTileRows, entries.size() - first));
    for (uint32_t i = 0; i < count; ++i) keys[i] = key_of(entries[first + i], arena);
    process_kernels().hash_strings(keys, hashes + first, count);
  }
}

Payload build_entry_table(std::span<const BytesEntry> entries, const uint8_t* arena) {
  const auto text_of = [](const BytesEntry& entry, const uint8_t* from) {
    const BytesView key = key_of(entry, from);
    return std::string_view(reinterpret_cast<const char*>(key.data), key.length);
  };
  const auto is_short = [&](const BytesEntry& entry) {
    const BytesView key = key_of(entry, arena);
    return is_short_key(key.data, key.length);
  };
  if (std::all_of(entries.begin(), entries.end(), is_short)) {
    std::vector<uint64_t> words(entries.size());
    for (size_t i = 0; i < words.size(); ++i) {
      words[i] = entries[i].words[0] >> 8 | entries[i].words[1] << 56;
    }
    return build_short_table(words);
  }
  std::vector<uint64_t> hashes(entries.size());
  hash_entries(entries, arena, hashes.data());
  uint64_t arena_length = 0;
  for (const BytesEntry& entry : entries) {
    arena_length += is_long(entry) ? key_of(entry, arena).length : 0;
  }
  TableBuilder<BytesEntry> builder(ValueType::kBytes, hashes, arena_length);
  char* const own_arena = builder.arena();
  uint64_t arena_used = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    BytesEntry entry = entries[i];
    if (is_long(entry)) {
      const std::string_view key = text_of(entry, arena);
      std::copy(key.begin(), key.end(), own_arena + arena_used);
      entry.words[2] = arena_used;
      arena_used += key.size();
    }
    const auto same = [&](const BytesEntry& other) {
      if (other.words[0] != entry.words[0] || other.words[1] != entry.words[1]) return false;
      const auto* own = reinterpret_cast<const uint8_t*>(own_arena);
      return text_of(other, own) == text_of(entry, own);
    };
    if (!builder.add(entry, same)) {
      refuse("holds '" + std::string(text_of(entries[i], arena)) + "' twice.");
    }
  }
  return builder.finish();
}

std::vector<uint8_t> build_lookup_table(std::span<const std::string_view> keys) {
  std::vector<BytesEntry> entries;
  entries.reserve(keys.size());
  std::string arena;
  for (const std::string_view key : keys) {
    if (key.size() > UINT32_MAX) refuse("has an entry of more than 2^32 - 1 bytes.");
    if (key.size() > kInlineKeyBytes) {
      const auto* bytes = reinterpret_cast<const uint8_t*>(key.data());
      entries.push_back({{kLongTag | uint64_t{key.size()} << 32, hash_bytes(bytes, key.size()),
                          arena.size(), 0}});
      arena += key;
      continue;
    }
    uint8_t bytes[sizeof(BytesEntry)] = {static_cast<uint8_t>(key.size() + 1)};
    std::copy(key.begin(), key.end(), bytes + 1);
    std::memcpy(&entries.emplace_back(), bytes, sizeof bytes);
  }
  const Payload table = build_entry_table(entries, reinterpret_cast<const uint8_t*>(arena.data()));
  return {table.begin(), table.end()};
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
