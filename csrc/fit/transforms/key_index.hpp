// Distinct keys of a column, numbered in the order of their first appearance: what vocabularies,
// target means and most frequent strings count by.
//
// Where there are more keys than may be kept, the lightest go: the summary of Misra and Gries
// (1982, doi:10.1016/0167-6423(82)90012-0) in its mergeable form (Agarwal et al. 2012,
// doi:10.1145/2213556.2213562), written down as the lossy counts of Manku and Motwani (2002): a key
// has the rows since it came, and how many of its rows may have gone by before. Counts, sums and
// means of a key are then exact over the rows that are counted for it.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "fit/transforms/growing_table.hpp"
#include "host/state_bytes.hpp"
#include "runtime/core/tile.hpp"

namespace mainspring {

/// Keys are bytes, integers or float64 (by their bits, -0 as 0): all of the type of the first tile.
class KeyIndex {
 public:
  static constexpr uint32_t kMissing = UINT32_MAX;
  static constexpr uint32_t kNotLearnt = UINT32_MAX - 1;  // of NaN that is there: no key

  /// The number of each row's key, new keys added; kMissing for missing rows, kNotLearnt for NaN.
  void number_rows(const Tile& tile, uint32_t numbers[kTileRows]);
  /// Numbers of the keys of `other` in this index, new keys added.
  std::vector<uint32_t> absorb(const KeyIndex& other);

  uint32_t size() const { return type_ == ValueType::kBytes ? table_.size() : num_keys_; }
  /// kBytes, kI64, kF64 or kI32; kF64 while nothing has been seen.
  ValueType type() const { return type_; }
  std::string_view bytes_key(uint32_t number) const { return table_.key(number); }
  /// The table that a lookup step reads, of these keys of bytes in this order.
  Payload bytes_table(std::span<const uint32_t> order) const { return table_.ordered(order); }
  int64_t integer_key(uint32_t number) const { return static_cast<int64_t>(words_[number]); }
  double number_key(uint32_t number) const { return __builtin_bit_cast(double, words_[number]); }
  /// Ascends as the keys do; keys that differ only behind their first 8 bytes have the same.
  uint64_t order_word(uint32_t number) const;
  /// Bytes ascending, or numbers ascending.
  bool less(uint32_t a, uint32_t b) const;
  /// All numbers in ascending order of their keys.
  std::vector<uint32_t> ascending() const;

  /// Throws Error(kBundleCorrupt) unless the keys, if any, are of this type: for states that came
  /// from bytes.
  void expect_type(ValueType type) const {
    if (size() != 0 && type_ != type) StateReader::fail();
  }

  /// The keys of these numbers, ascending, numbered anew: what is left when a cut has taken
  /// `taken` rows from every key.
  KeyIndex cut(std::span<const uint32_t> kept, uint64_t taken) const;
  /// Numbers, ascending, of the heaviest keys, half of max_keys; of equal ones those that came
  /// first. counts[number] are the rows that are counted for a key. `taken` is for cut().
  std::vector<uint32_t> heaviest(uint64_t max_keys, std::span<const uint64_t> counts,
                                 uint64_t* taken) const;
  /// A key's rows are too few by at most so many, and a key that is not here had at most so many;
  /// at most 2 * rows / max_keys. 0: all keys are here with all of their rows.
  uint64_t error() const { return error_; }

  /// Keys in the given order, which must name each number once.
  void write(StateWriter& writer, const std::vector<uint32_t>& order) const;
  /// Numbers the keys in the order in which they were written.
  void read(StateReader& reader);

 private:
  struct Cell {
    uint64_t hash;
    uint32_t number_plus_one;  // 0: empty
  };

  void set_type(ValueType type);
  uint32_t find_or_add_word(uint64_t hash, uint64_t word);
  void number_bytes(const Tile& tile, uint32_t numbers[kTileRows]);
  void add_new_keys(const BytesView* keys, uint32_t first, uint32_t end, uint64_t missing,
                    uint32_t numbers[kTileRows]);
  void number_words(const Tile& tile, uint32_t numbers[kTileRows]);
  void grow();
  /// Rows of a key that may have gone by before it came.
  uint64_t gone_by(uint32_t number) const {
    return number < gone_by_.size() ? gone_by_[number] : error_;
  }
  void absorb_errors(const KeyIndex& other, const std::vector<uint32_t>& numbers, uint32_t mine);

  ValueType type_ = ValueType::kF64;
  GrowingTable table_;  // of bytes
  // Of integers and numbers.
  uint32_t num_keys_ = 0;
  std::vector<Cell> cells_;  // a power of two, at most half full
  std::vector<uint64_t> words_;
  uint64_t error_ = 0;
  std::vector<uint64_t> gone_by_;  // of keys as old as the last cut or merge; error_ of later ones
};

}  // namespace mainspring
