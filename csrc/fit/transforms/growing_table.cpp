// Slots, or entries and cells, have room for twice the keys each time they are full; long keys are
// appended.
#include "fit/transforms/growing_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "fit/plan/lookup_table.hpp"
#include "host/bundle_image.hpp"
#include "host/error.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/core/key_table.hpp"
#include "runtime/core/short_keys.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kFirstRoom = 64;
// Cells, or slots, for each key that there is room for: as in tables that are written.
constexpr uint64_t kCellsOfKey = 4;

const BytesEntry* entries_of(const KeyTable& table) {
  return reinterpret_cast<const BytesEntry*>(table.entries);
}

std::string_view text_of(const BytesEntry& entry, const uint8_t* arena) {
  const BytesView key = key_of(entry, arena);
  return {reinterpret_cast<const char*>(key.data), key.length};
}

uint64_t hash_of(std::string_view key) {
  return hash_bytes(reinterpret_cast<const uint8_t*>(key.data()), key.size());
}

uint32_t tag_of(uint64_t hash, const KeyTable& table) {
  return static_cast<uint32_t>(hash >> 32) & ~table.number_mask;
}

}  // namespace

GrowingTable::GrowingTable(const GrowingTable& other)
    : size_(other.size_), is_short_(other.is_short_), words_(other.words_), length_(other.length_) {
  if (length_ == 0) return;
  bytes_.reserve(length_, 0);
  std::memcpy(bytes_.data(), other.bytes_.data(), length_);
}

std::string_view GrowingTable::key(uint32_t number) const {
  if (is_short_) {
    return {reinterpret_cast<const char*>(&words_[number]), implied_length(words_[number])};
  }
  const KeyTable table = key_table(bytes_.data());
  return text_of(entries_of(table)[number], table.arena);
}

uint64_t GrowingTable::first_bytes(uint32_t number) const {
  if (is_short_) return __builtin_bswap64(words_[number]);
  const KeyTable table = key_table(bytes_.data());
  const BytesEntry& entry = entries_of(table)[number];
  if (!is_long(entry)) return __builtin_bswap64(entry.words[0] >> 8 | entry.words[1] << 56);
  uint64_t word = 0;
  std::memcpy(&word, table.arena + entry.words[2], sizeof word);
  return __builtin_bswap64(word);
}

Payload GrowingTable::ordered(std::span<const uint32_t> order) const {
  if (is_short_) {
    std::vector<uint64_t> words;
    words.reserve(order.size());
    for (const uint32_t number : order) words.push_back(words_[number]);
    return build_short_table(words);
  }
  const KeyTable table = key_table(bytes_.data());
  std::vector<BytesEntry, KeptAllocator<BytesEntry>> entries;
  entries.reserve(order.size());
  for (const uint32_t number : order) entries.push_back(entries_of(table)[number]);
  return build_entry_table(entries, table.arena);
}

void GrowingTable::find(const BytesView* keys, uint32_t num_keys, int32_t* ids) const {
  if (size_ == 0) {
    std::fill(ids, ids + num_keys, 1);
  } else {
    process_kernels().find_bytes(keys, ids, num_keys, bytes_.data());
  }
}

void GrowingTable::reserve(uint64_t num_keys) {
  const uint64_t room =
      length_ == 0 ? 0 : reinterpret_cast<const LookupHeader*>(bytes_.data())->num_entries;
  if (num_keys <= room) return;
  if (num_keys > kMaxLookupEntries) {
    throw Error(ErrorKind::kData, "A column has more than 2^30 distinct values.");
  }
  if (is_short_) {
    reserve_slots(num_keys);
  } else {
    reserve_entries(num_keys);
  }
}

void GrowingTable::reserve_slots(uint64_t num_keys) {
  LookupHeader header{};
  header.key_type = static_cast<uint32_t>(ValueType::kBytes);
  header.num_entries = static_cast<uint32_t>(std::max(kFirstRoom, std::bit_ceil(num_keys)));
  header.num_cells = uint64_t{header.num_entries} * kCellsOfKey;
  header.factor = kPlainFactor;
  header.layout = static_cast<uint32_t>(KeyLayout::kShortKeys);
  length_ = sizeof header + header.num_cells * sizeof(ShortSlot);
  bytes_.reserve(length_, 0);
  std::memset(bytes_.data(), 0, length_);
  std::memcpy(bytes_.data(), &header, sizeof header);
  const ShortTable table = short_table(bytes_.data());
  auto* slots = const_cast<ShortSlot*>(table.slots);
  constexpr uint32_t kAhead = 16;
  for (uint32_t number = 0; number < size_; ++number) {
    if (number + kAhead < size_) {
      __builtin_prefetch(slots + table.places.first(words_[number + kAhead]), 1);
    }
    uint64_t at = table.places.first(words_[number]);
    while (slots[at].number != 0) at = table.places.next(at);
    slots[at] = {words_[number], number + 1, 0};
  }
}

/// A key has come that is not short: all keys become entries, with their numbers.
void GrowingTable::leave_slots() {
  const std::vector<uint64_t> words = std::move(words_);
  is_short_ = false;
  words_.clear();
  length_ = 0;
  size_ = 0;
  reserve(words.size() + 1);
  for (const uint64_t word : words) {
    find_or_add({reinterpret_cast<const char*>(&word), implied_length(word)});
  }
}

uint32_t GrowingTable::add_short(uint64_t word) {
  const ShortTable table = short_table(bytes_.data());
  auto* slots = const_cast<ShortSlot*>(table.slots);
  uint64_t at = table.places.first(word);
  for (; slots[at].number != 0; at = table.places.next(at)) {
    if (slots[at].key == word) return slots[at].number - 1;
  }
  words_.push_back(word);
  slots[at] = {word, ++size_, 0};
  return size_ - 1;
}

void GrowingTable::reserve_entries(uint64_t num_keys) {
  LookupHeader header{};
  header.key_type = static_cast<uint32_t>(ValueType::kBytes);
  header.num_entries = static_cast<uint32_t>(std::max(kFirstRoom, std::bit_ceil(num_keys)));
  header.num_cells = uint64_t{header.num_entries} * kCellsOfKey;
  header.factor = kPlainFactor;
  const uint64_t arena_at =
      sizeof header + header.num_entries * sizeof(BytesEntry) + header.num_cells * sizeof(uint32_t);
  const uint64_t arena_length =
      size_ == 0 ? 0
                 : length_ - static_cast<uint64_t>(key_table(bytes_.data()).arena - bytes_.data());
  KeptArray<uint8_t> wider;
  wider.reserve(arena_at + 2 * arena_length + header.num_entries, 0);
  std::memcpy(wider.data(), &header, sizeof header);
  if (size_ > 0) {
    const KeyTable old = key_table(bytes_.data());
    std::memcpy(wider.data() + sizeof header, old.entries, size_ * sizeof(BytesEntry));
    std::memcpy(wider.data() + arena_at, old.arena, arena_length);
  }
  bytes_ = std::move(wider);
  length_ = arena_at + arena_length;
  const KeyTable table = key_table(bytes_.data());
  auto* cells = const_cast<uint32_t*>(table.cells);
  std::memset(cells, 0, header.num_cells * sizeof(uint32_t));
  uint64_t hashes[kTileRows];
  for (uint32_t first = 0; first < size_; first += kTileRows) {
    const uint32_t count = std::min(kTileRows, size_ - first);
    hash_entries({entries_of(table) + first, count}, table.arena, hashes);
    for (uint32_t i = 0; i < count; ++i) {
      __builtin_prefetch(cells + table.places.first(hashes[i]), 1);
    }
    for (uint32_t i = 0; i < count; ++i) {
      uint64_t at = table.places.first(hashes[i]);
      while (cells[at] != 0) at = table.places.next(at);
      cells[at] = tag_of(hashes[i], table) | (first + i + 1);
    }
  }
}

void GrowingTable::reserve_arena(uint64_t num_bytes) {
  if (length_ + num_bytes <= bytes_.capacity()) return;
  bytes_.reserve(length_ + std::max(num_bytes, length_ / 2), length_);
}

uint32_t GrowingTable::find_or_add(std::string_view key) {
  if (key.size() > UINT32_MAX) {
    throw Error(ErrorKind::kData, "A value has more than 2^32 - 1 bytes.");
  }
  if (is_short_ && !is_short_key(reinterpret_cast<const uint8_t*>(key.data()), key.size())) {
    leave_slots();
  }
  reserve(uint64_t{size_} + 1);
  if (is_short_) {
    uint64_t word = 0;
    std::memcpy(&word, key.data(), key.size());
    return add_short(word);
  }
  if (key.size() > kInlineKeyBytes) reserve_arena(key.size());
  const KeyTable table = key_table(bytes_.data());
  const uint64_t hash = hash_of(key);
  uint64_t at = table.places.first(hash);
  for (; table.cells[at] != 0; at = table.places.next(at)) {
    if ((table.cells[at] & ~table.number_mask) != tag_of(hash, table)) continue;
    const uint32_t number = (table.cells[at] & table.number_mask) - 1;
    if (text_of(entries_of(table)[number], table.arena) == key) return number;
  }
  const_cast<uint32_t*>(table.cells)[at] = tag_of(hash, table) | (size_ + 1);
  auto* entry = const_cast<BytesEntry*>(entries_of(table)) + size_;
  if (key.size() <= kInlineKeyBytes) {
    auto* inside = reinterpret_cast<uint8_t*>(entry->words);
    std::memset(inside, 0, sizeof *entry);
    inside[0] = static_cast<uint8_t>(key.size() + 1);
    std::copy(key.begin(), key.end(), inside + 1);
  } else {
    const auto offset = static_cast<uint64_t>(bytes_.data() + length_ - table.arena);
    *entry = {{kLongTag | uint64_t{key.size()} << 32, hash, offset, 0}};
    std::memcpy(bytes_.data() + length_, key.data(), key.size());
    length_ += key.size();
  }
  return size_++;
}

}  // namespace mainspring
