// A table of byte strings that grows while it is filled: laid out as the table that a lookup step
// reads (runtime/core/key_table.hpp), so that fitting and serving find keys with the same kernel.
// Slots of short keys (short_keys.hpp) while all keys are short.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "fit/data_section.hpp"
#include "host/kept_array.hpp"
#include "runtime/core/tile.hpp"

namespace mainspring {

/// Keys are numbered in the order in which they are added.
class GrowingTable {
 public:
  GrowingTable() = default;
  GrowingTable(const GrowingTable& other);
  GrowingTable(GrowingTable&& other) noexcept = default;
  GrowingTable& operator=(GrowingTable other) noexcept {
    std::swap(size_, other.size_);
    std::swap(is_short_, other.is_short_);
    std::swap(words_, other.words_);
    std::swap(bytes_, other.bytes_);
    std::swap(length_, other.length_);
    return *this;
  }
  ~GrowingTable() = default;

  uint32_t size() const { return size_; }
  std::string_view key(uint32_t number) const;
  /// The first 8 bytes of a key, the first one highest, zeros where it has fewer.
  uint64_t first_bytes(uint32_t number) const;
  /// The table that a lookup step reads, of these keys in this order.
  Payload ordered(std::span<const uint32_t> order) const;
  /// 2 + the number of each key, or 1 where there is none.
  void find(const BytesView* keys, uint32_t num_keys, int32_t* ids) const;
  uint32_t find_or_add(std::string_view key);
  /// Room for so many keys in all.
  void reserve(uint64_t num_keys);

 private:
  uint32_t add_short(uint64_t word);
  void reserve_slots(uint64_t num_keys);
  void reserve_entries(uint64_t num_keys);
  void leave_slots();
  void reserve_arena(uint64_t num_bytes);

  uint32_t size_ = 0;
  bool is_short_ = true;
  std::vector<uint64_t> words_;  // the keys, while all of them are short
  KeptArray<uint8_t> bytes_;     // a table whose header counts the entries that there is room for
  uint64_t length_ = 0;          // of it; 0: there is none yet
};

}  // namespace mainspring
