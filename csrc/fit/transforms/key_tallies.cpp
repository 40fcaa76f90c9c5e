// One addition for each row; sums of bytes stay in 32 bits for as many rows as are taken.
#include "fit/transforms/key_tallies.hpp"

#include <algorithm>

#include "fit/plan/fold_gather.hpp"
#include "runtime/core/tile.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kOneRow = uint64_t{1} << 32;
constexpr uint64_t kMostRows = uint64_t{1} << 24;  // of -128: 2^31

/// Adds each row to its cell, of which there are `turns` words.
template <uint32_t turns, class CellOf>
void add_rows(uint32_t num_rows, const int8_t* target, const CellOf& cell_of, uint64_t* words) {
  for (uint32_t row = 0; row < num_rows; ++row) {
    const int64_t value = target == nullptr ? 0 : target[row];
    words[cell_of(row) * turns + row % turns] += kOneRow + static_cast<uint64_t>(value);
  }
}

}  // namespace

std::vector<int8_t> small_target(std::span<const double> target) {
  std::vector<int8_t> small(target.size());
  uint32_t num_others = 0;
  for (size_t row = 0; row < target.size(); ++row) {
    const double within = std::min(127.0, std::max(-128.0, target[row]));  // -128 of NaN
    small[row] = static_cast<int8_t>(static_cast<int32_t>(within));
    num_others |= static_cast<double>(small[row]) != target[row] ? 1u : 0u;
  }
  if (num_others != 0) small.clear();
  return small;
}

bool KeyTallies::is_full() const { return num_rows_ > kMostRows - kTileRows; }

void KeyTallies::add(std::span<const uint32_t> numbers, uint32_t num_keys, const int8_t* target,
                     uint64_t first_row) {
  const uint32_t folds = folds_.folds;
  const uint64_t num_cells = (uint64_t{num_keys} + 1) * folds;
  if (cells_.size() < num_cells) cells_.resize(num_cells);
  num_rows_ += numbers.size();
  const bool are_few = num_cells <= kFewCells;
  if (are_few) few_.resize(kFewCells * kTurns);
  const auto add_to = [&](const auto& cell_of) {
    const auto num_rows = static_cast<uint32_t>(numbers.size());
    if (are_few) {
      add_rows<kTurns>(num_rows, target, cell_of, few_.data());
    } else {
      add_rows<1>(num_rows, target, cell_of, cells_.data());
    }
  };
  // kMissing + 1 is 0, the category of missing rows.
  if (folds == 1) {
    add_to([&](uint32_t row) { return uint64_t{numbers[row] + 1u}; });
  } else {
    add_to([&](uint32_t row) {
      return uint64_t{numbers[row] + 1u} * folds + fold_of(folds_.seed, first_row + row, folds);
    });
  }
}

void KeyTallies::clear() {
  cells_.clear();
  few_.clear();
  num_rows_ = 0;
}

}  // namespace mainspring
