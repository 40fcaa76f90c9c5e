// Rows of each key, and sums of a small target over them, counted once for all operators that learn
// them from one column: a word for each key, where counts and sums apart are as many misses of the
// cache.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace mainspring {

/// In which folds a state counts: with 1, all rows are in fold 0.
struct TallyFolds {
  uint32_t folds = 1;
  uint64_t seed = 0;
  bool operator==(const TallyFolds&) const = default;
};

/// A target of integers from -128 to 127, as labels are, in a byte each. Empty where any is not.
std::vector<int8_t> small_target(std::span<const double> target);

class KeyTallies {
 public:
  const TallyFolds& folds() const { return folds_; }
  /// Only while it is empty.
  void set_folds(TallyFolds folds) { folds_ = folds; }
  bool empty() const { return num_rows_ == 0; }
  /// No other tile has room before clear().
  bool is_full() const;
  /// A tile's rows: numbers of keys below num_keys, or KeyIndex::kMissing; `target` is null where
  /// nobody asks for sums. `first_row` decides folds.
  void add(std::span<const uint32_t> numbers, uint32_t num_keys, const int8_t* target,
           uint64_t first_row);
  void clear();

  /// Calls visit(category, fold, count, sum) where there are rows; category 0 are the missing ones,
  /// 1 + number a key.
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (uint64_t cell = 0; cell < cells_.size(); ++cell) {
      const uint64_t word = word_of(cell);
      if (word == 0) continue;
      const int64_t sum = static_cast<int32_t>(static_cast<uint32_t>(word));
      visit(cell / folds_.folds, static_cast<uint32_t>(cell % folds_.folds),
            (word - static_cast<uint64_t>(sum)) >> 32, sum);
    }
  }

 private:
  /// Of few cells some rows in a row often meet the same one, and an addition to a word waits for
  /// the one before: rows take turns with so many words of it.
  static constexpr uint32_t kTurns = 4;
  static constexpr uint64_t kFewCells = 1024;

  uint64_t word_of(uint64_t cell) const {
    uint64_t word = cells_[cell];
    for (uint64_t at = cell * kTurns; at < few_.size() && at < (cell + 1) * kTurns; ++at) {
      word += few_[at];
    }
    return word;
  }

  TallyFolds folds_;
  uint64_t num_rows_ = 0;
  // category * folds + fold: 2^32 * count + sum, which may be below 0.
  std::vector<uint64_t> cells_;
  std::vector<uint64_t> few_;  // kTurns words of each cell, while there were few cells
};

}  // namespace mainspring
