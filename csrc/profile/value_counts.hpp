// How often each string occurs: exact up to a cap, then the heavy hitters with a certified error.
//
// Beyond the cap it is the summary of Misra and Gries (1982) in its mergeable form (Agarwal et al.
// 2012, doi:10.1145/2213556.2213562): when it is full, the median count is taken from every entry
// and what is left of none goes. A count is then too low by at most error(), and a string that is
// not listed occurred at most error() times; error() never exceeds 2 * total / kMaxEntries.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/state_bytes.hpp"
#include "runtime/core/tile.hpp"

namespace mainspring {

/// Categories in order of count descending, then bytes ascending; valid as long as what counted
/// them is, and unchanged.
struct CategoryCounts {
  struct Entry {
    std::string_view value;
    uint64_t hash;  // of the whole value, where `value` is what was kept of it
    uint64_t count;
  };
  std::vector<Entry> entries;
  uint64_t total = 0;  // all present values, listed or not
  uint64_t error = 0;  // 0: exact and complete
  bool exact = true;
};

class ValueCounts {
 public:
  static constexpr uint32_t kMaxEntries = 65536;
  /// A longer value is kept as its first bytes, '#' and its hash in 16 hexadecimal digits.
  static constexpr uint32_t kMaxKeyBytes = 256;

  /// `hash` is hash_bytes of the value.
  void add(std::string_view value, uint64_t hash, uint64_t times = 1);
  /// One of each of at most a tile, for which there is room: kMaxEntries is not passed even if all
  /// are new.
  void add_all(const BytesView* values, uint32_t num_values);
  /// One of a value of at most kMaxKeyBytes, for which there is room; returns a number for
  /// add_again, good while there is room.
  uint32_t add_new(std::string_view value, uint64_t hash) {
    ++total_;
    return add_key(value, hash, 1) - 1;
  }
  void add_again(uint32_t number, uint64_t times) {
    total_ += times;
    entries_[number].count += times;
  }
  void merge(const ValueCounts& other);

  bool exact() const { return exact_; }
  uint64_t total() const { return total_; }
  uint64_t error() const { return error_; }
  uint64_t num_entries() const { return entries_.size(); }
  CategoryCounts categories() const;
  /// fn(hash) for each entry.
  template <class Fn>
  void for_each_hash(Fn fn) const {
    for (const Entry& entry : entries_) fn(entry.hash);
  }

  void write(StateWriter& writer) const;
  /// Throws Error(kBundleCorrupt) on entries that are out of order, empty or beyond the cap.
  static ValueCounts read(StateReader& reader);

 private:
  struct Entry {
    uint64_t hash;
    uint64_t count;
    uint32_t offset;  // of the key in bytes_
    uint32_t length;
  };
  std::string_view key_of(const Entry& entry) const {
    return std::string_view(bytes_).substr(entry.offset, entry.length);
  }
  /// The entry's number + 1; 0 where all numbers have changed.
  uint32_t add_key(std::string_view key, uint64_t hash, uint64_t times);
  void index_entries(uint64_t num_slots);
  void purge();
  /// Numbers of entries by count descending, then bytes ascending.
  std::vector<uint32_t> in_order() const;

  std::vector<Entry> entries_;
  // Entry number + 1, 0: empty; a power of two. At most a quarter full, so that the first probe
  // mostly finds its entry: whether it did cannot be guessed.
  std::vector<uint32_t> slots_;
  // Entry number + 1 by a hash that is less than a hash: most rows find their entry there, and
  // their key is compared anyway.
  std::vector<uint32_t> front_;
  std::string bytes_;
  uint64_t total_ = 0;
  uint64_t error_ = 0;
  bool exact_ = true;
};

}  // namespace mainspring
