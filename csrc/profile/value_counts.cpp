// A hash table from string to count, cut back to the heavy hitters when it is full.
#include "profile/value_counts.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <numeric>

#include "runtime/core/hash.hpp"
#include "runtime/core/memory.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kFirstPlaces = 64;

typedef uint64_t Sixteen __attribute__((vector_size(16)));

Sixteen sixteen_at(const uint8_t* from) {
  Sixteen bytes;
  __builtin_memcpy(&bytes, from, sizeof bytes);
  return bytes;
}

// Ends that overlap: categories are short, and a call would cost more than the comparison.
bool same_key(const uint8_t* a, const uint8_t* b, uint64_t length) {
  if (length > 32) return same_bytes(a, b, length);
  if (length >= 16) {
    const Sixteen differ = (sixteen_at(a) ^ sixteen_at(b)) |
                           (sixteen_at(a + length - 16) ^ sixteen_at(b + length - 16));
    return (differ[0] | differ[1]) == 0;
  }
  if (length >= 8) {
    return ((load<uint64_t>(a) ^ load<uint64_t>(b)) |
            (load<uint64_t>(a + length - 8) ^ load<uint64_t>(b + length - 8))) == 0;
  }
  if (length >= 4) {
    return ((load<uint32_t>(a) ^ load<uint32_t>(b)) |
            (load<uint32_t>(a + length - 4) ^ load<uint32_t>(b + length - 4))) == 0;
  }
  for (uint64_t i = 0; i < length; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

// Such numbers compare as their bytes do.
uint64_t big_endian(uint64_t bytes) {
  return std::endian::native == std::endian::little ? __builtin_bswap64(bytes) : bytes;
}

constexpr uint32_t kFrontBits = 14;
constexpr uint32_t kFrontSlots = 1u << kFrontBits;

// The high half decides, so it takes part in the product, too.
uint32_t front_place(uint64_t mixed, uint64_t length) {
  mixed ^= mixed >> 32;
  return static_cast<uint32_t>(((mixed + length) * 0xD6E8FEB86659FD93ull) >> (64 - kFrontBits));
}

// All bytes of up to 32, with one multiplication for each 16 of them.
uint32_t front_place(const BytesView& value) {
  const uint8_t* data = value.data;
  const uint64_t length = value.length;
  uint64_t mixed = 0;
  if (length >= 8) {
    mixed = load<uint64_t>(data) ^ std::rotl(load<uint64_t>(data + length - 8), 29);
    if (length > 16) {
      const uint64_t inner =
          load<uint64_t>(data + 8) ^ std::rotl(load<uint64_t>(data + length - 16), 29);
      mixed = mixed * 0x9E3779B97F4A7C15ull + inner;
    }
  } else if (length >= 4) {
    mixed = load<uint32_t>(data) | uint64_t{load<uint32_t>(data + length - 4)} << 32;
  } else if (length > 0) {
    mixed = data[0] | uint64_t{data[length / 2]} << 16 | uint64_t{data[length - 1]} << 32;
  }
  return front_place(mixed, length);
}

// Up to 32 bytes, more than 16: all of them in four words, read once to place and to compare.
struct FourWords {
  uint64_t first, second, last_but_one, last;

  FourWords(const uint8_t* data, uint64_t length)
      : first(load<uint64_t>(data)),
        second(load<uint64_t>(data + 8)),
        last_but_one(load<uint64_t>(data + length - 16)),
        last(load<uint64_t>(data + length - 8)) {}
  uint32_t place(uint64_t length) const {
    const uint64_t inner = second ^ std::rotl(last_but_one, 29);
    return front_place((first ^ std::rotl(last, 29)) * 0x9E3779B97F4A7C15ull + inner, length);
  }
  bool operator==(const FourWords& other) const {
    return ((first ^ other.first) | (second ^ other.second) | (last_but_one ^ other.last_but_one) |
            (last ^ other.last)) == 0;
  }
};

// A long text by its beginning, cut before a UTF-8 character that would not fit, and its hash.
std::string shortened(std::string_view value, uint64_t hash) {
  size_t length = ValueCounts::kMaxKeyBytes - 17;
  while (length > 0 && (static_cast<uint8_t>(value[length]) & 0xC0) == 0x80) --length;
  std::array<char, 18> tail;
  std::snprintf(tail.data(), tail.size(), "#%016llx", static_cast<unsigned long long>(hash));
  return std::string(value.substr(0, length)) + tail.data();
}

}  // namespace

void ValueCounts::add(std::string_view value, uint64_t hash, uint64_t times) {
  if (times == 0) return;
  total_ += times;
  if (value.size() > kMaxKeyBytes) {
    add_key(shortened(value, hash), hash, times);
  } else {
    add_key(value, hash, times);
  }
}

void ValueCounts::add_all(const BytesView* values, uint32_t num_values) {
  total_ += num_values;
  if (front_.empty()) front_.assign(kFrontSlots, 0);
  // Mostly the next tile lies behind this one; it is on its way while this one is counted.
  // Addresses, not pointers: views may lie anywhere, and so may what is asked for.
  const auto address_of = [values](uint32_t i) {
    return reinterpret_cast<uintptr_t>(values[i].data);
  };
  const uintptr_t tile_bytes = num_values == 0 ? 0 : address_of(num_values - 1) - address_of(0);
  const auto* bytes = reinterpret_cast<const uint8_t*>(bytes_.data());
  for (uint32_t i = 0; i < num_values; ++i) {
    const BytesView& value = values[i];
    const uint64_t length = value.length;
    __builtin_prefetch(reinterpret_cast<const void*>(address_of(i) + tile_bytes));
    uint32_t* slot;
    if (length > 16 && length <= 32) {
      const FourWords words(value.data, length);
      slot = &front_[words.place(length)];
      if (*slot != 0) {
        Entry& entry = entries_[*slot - 1];
        if (entry.length == length && words == FourWords(bytes + entry.offset, length)) {
          ++entry.count;
          continue;
        }
      }
    } else {
      slot = &front_[front_place(value)];
      if (*slot != 0) {
        Entry& entry = entries_[*slot - 1];
        if (entry.length == length && same_key(bytes + entry.offset, value.data, length)) {
          ++entry.count;
          continue;
        }
      }
    }
    const std::string_view text(reinterpret_cast<const char*>(value.data), length);
    const uint64_t hash = hash_bytes(value.data, length);
    if (length > kMaxKeyBytes) {
      add_key(shortened(text, hash), hash, 1);
      continue;
    }
    *slot = add_key(text, hash, 1);
    bytes = reinterpret_cast<const uint8_t*>(bytes_.data());
  }
}

uint32_t ValueCounts::add_key(std::string_view key, uint64_t hash, uint64_t times) {
  if (slots_.empty()) index_entries(kFirstPlaces);
  const uint64_t mask = slots_.size() - 1;
  uint64_t at = hash & mask;
  while (slots_[at] != 0) {
    Entry& entry = entries_[slots_[at] - 1];
    if (entry.hash == hash && key_of(entry) == key) {
      entry.count += times;
      return slots_[at];
    }
    at = (at + 1) & mask;
  }
  entries_.push_back(
      Entry{hash, times, static_cast<uint32_t>(bytes_.size()), static_cast<uint32_t>(key.size())});
  bytes_.append(key);
  slots_[at] = static_cast<uint32_t>(entries_.size());
  const auto number = static_cast<uint32_t>(entries_.size());
  if (entries_.size() > kMaxEntries) {
    purge();
    return 0;
  }
  if (4 * entries_.size() > slots_.size()) {
    index_entries(slots_.size() * 4);
  }
  return number;
}

void ValueCounts::index_entries(uint64_t num_slots) {
  slots_.assign(num_slots, 0);
  const uint64_t mask = num_slots - 1;
  for (uint32_t i = 0; i < entries_.size(); ++i) {
    uint64_t at = entries_[i].hash & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = i + 1;
  }
}

void ValueCounts::purge() {
  exact_ = false;
  std::vector<uint64_t> counts;
  counts.reserve(entries_.size());
  for (const Entry& entry : entries_) counts.push_back(entry.count);
  const auto middle = counts.begin() + static_cast<std::ptrdiff_t>(counts.size() / 2);
  std::nth_element(counts.begin(), middle, counts.end());
  const uint64_t taken = *middle;
  error_ += taken;
  std::vector<Entry> kept;
  std::string bytes;
  for (const Entry& entry : entries_) {
    if (entry.count <= taken) continue;
    kept.push_back(
        Entry{entry.hash, entry.count - taken, static_cast<uint32_t>(bytes.size()), entry.length});
    bytes.append(key_of(entry));
  }
  front_.clear();
  entries_ = std::move(kept);
  bytes_ = std::move(bytes);
  index_entries(slots_.size());
}

void ValueCounts::merge(const ValueCounts& other) {
  total_ += other.total_;
  error_ += other.error_;
  exact_ = exact_ && other.exact_;
  for (const Entry& entry : other.entries_) add_key(other.key_of(entry), entry.hash, entry.count);
}

std::vector<uint32_t> ValueCounts::in_order() const {
  std::vector<uint32_t> order(entries_.size());
  std::iota(order.begin(), order.end(), 0);
  const auto before = [this](uint32_t a, uint32_t b) {
    if (entries_[a].count != entries_[b].count) return entries_[a].count > entries_[b].count;
    return key_of(entries_[a]) < key_of(entries_[b]);
  };
  if (std::is_sorted(order.begin(), order.end(), before)) return order;  // as they were written
  // Many occur as often as others: what of two keys is compared first are the eight bytes behind
  // those that all have in common.
  const std::string_view first = key_of(entries_[0]);
  size_t common = first.size();
  for (const Entry& entry : entries_) {
    const std::string_view key = key_of(entry).substr(0, common);
    common = static_cast<size_t>(std::mismatch(key.begin(), key.end(), first.begin()).first -
                                 key.begin());
  }
  struct Place {
    uint64_t count, bytes;
    uint32_t entry;
  };
  std::vector<Place> places;
  places.reserve(entries_.size());
  for (const uint32_t i : order) {
    uint64_t bytes = 0;
    const std::string_view key = key_of(entries_[i]).substr(common, sizeof bytes);
    std::copy(key.begin(), key.end(), reinterpret_cast<char*>(&bytes));
    places.push_back({entries_[i].count, big_endian(bytes), i});
  }
  std::sort(places.begin(), places.end(), [&](const Place& a, const Place& b) {
    if (a.count != b.count) return a.count > b.count;
    if (a.bytes != b.bytes) return a.bytes < b.bytes;
    return key_of(entries_[a.entry]) < key_of(entries_[b.entry]);
  });
  for (size_t i = 0; i < order.size(); ++i) order[i] = places[i].entry;
  return order;
}

CategoryCounts ValueCounts::categories() const {
  CategoryCounts result;
  result.total = total_;
  result.error = error_;
  result.exact = exact_;
  result.entries.reserve(entries_.size());
  for (const uint32_t i : in_order()) {
    result.entries.push_back({key_of(entries_[i]), entries_[i].hash, entries_[i].count});
  }
  return result;
}

void ValueCounts::write(StateWriter& writer) const {
  writer.put<uint8_t>(exact_ ? 1 : 0);
  writer.put(total_);
  writer.put(error_);
  writer.put<uint64_t>(entries_.size());
  for (const uint32_t i : in_order()) {
    writer.put(entries_[i].count);
    writer.put(entries_[i].hash);
    writer.put_bytes(key_of(entries_[i]));
  }
}

ValueCounts ValueCounts::read(StateReader& reader) {
  ValueCounts result;
  const uint8_t exact = reader.get<uint8_t>();
  if (exact > 1) StateReader::fail();
  const uint64_t total = reader.get<uint64_t>();
  const uint64_t error = reader.get<uint64_t>();
  const uint64_t num_entries = reader.get_count(24);
  if (num_entries > kMaxEntries || error > total || (exact != 0 && error != 0)) {
    StateReader::fail();
  }
  uint64_t sum = 0;
  uint64_t last_count = ~uint64_t{0};
  std::string_view last_key;
  for (uint64_t i = 0; i < num_entries; ++i) {
    const uint64_t count = reader.get<uint64_t>();
    const uint64_t hash = reader.get<uint64_t>();
    const std::string_view key = reader.get_bytes();
    const bool short_enough = key.size() <= kMaxKeyBytes;
    const bool ordered = count < last_count || (count == last_count && last_key < key);
    if (count == 0 || !short_enough || (i > 0 && !ordered) || count > total - sum) {
      StateReader::fail();
    }
    sum += count;
    last_count = count;
    last_key = key;
    result.add_key(key, hash, count);
  }
  if (exact != 0 && sum != total) StateReader::fail();
  if (result.entries_.size() != num_entries || !result.exact_) StateReader::fail();
  result.exact_ = exact != 0;
  result.total_ = total;
  result.error_ = error;
  return result;
}

}  // namespace mainspring
