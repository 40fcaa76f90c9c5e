// The rows of a fit_transform, for encoders that give each of them a value of its own.
#pragma once
#include <cstdint>
#include <vector>

#include "fit/transforms/target_sums.hpp"

namespace mainspring {

/// Sums of all rows, and each row's category and target while a fit_transform is under way: 12
/// bytes a row. Rows are neither written nor merged, since what is left out of them is known for
/// the rows of one table only.
struct TargetRows : TargetSums {
  TargetRows() : TargetSums(1, 0) {}

  void update(const FitTile& tile) {
    uint32_t room[kTileRows];
    const uint32_t* numbers = TargetSums::update(tile, room);
    if (!tile.cross_fit) return;
    for (uint32_t row = 0; row < tile.num_rows; ++row) {
      // kMissing + 1 is 0.
      categories.push_back(numbers[row] == KeyIndex::kNotLearnt ? kNotLearnt : numbers[row] + 1u);
    }
    targets.insert(targets.end(), tile.target, tile.target + tile.num_rows);
  }
  /// Rows of keys that went are kUncounted from then on.
  bool limit_keys(uint64_t max_keys, KeyCut& cut) {
    const uint64_t num_before = num_categories();
    if (!TargetSums::limit_keys(max_keys, cut)) return false;
    std::vector<uint32_t> moved(num_before, kUncounted);
    moved[0] = 0;
    for (uint32_t number = 0; number < cut.kept.size(); ++number) {
      moved[cut.kept[number] + 1] = number + 1;
    }
    for (uint32_t& category : categories) {
      if (category < num_before) category = moved[category];
    }
    return true;
  }
  void forget_rows() {
    categories = {};
    targets = {};
  }

  // No category has as large a number.
  static constexpr uint32_t kUncounted = UINT32_MAX;
  static constexpr uint32_t kNotLearnt = UINT32_MAX - 1;  // in no total, too
  std::vector<uint32_t> categories;
  std::vector<double> targets;
};

/// Running counts and exact sums of each category and of all rows together.
class RunningMeans {
 public:
  explicit RunningMeans(uint64_t num_categories) : counts_(num_categories + 1) {
    sums_.resize(num_categories + 1);
  }

  /// A row more, or (sign -1) one less.
  void add(uint32_t category, double target, int sign = 1) {
    if (category == TargetRows::kNotLearnt) return;
    for (const uint64_t cell : {uint64_t{category}, counts_.size() - 1}) {
      if (cell == TargetRows::kUncounted) continue;
      counts_[cell] += static_cast<uint64_t>(static_cast<int64_t>(sign));
      sums_.add(cell, sign * target);
    }
  }
  /// The mean of the category's rows and `smoothing` rows of the mean of all; missing where there
  /// are none.
  double smoothed(uint32_t category, double smoothing) const {
    const uint64_t total = counts_.size() - 1;
    const double prior = mean_or_missing(sums_.sum(total, 1), counts_[total]);
    if (category >= counts_.size() || counts_[category] == 0) return prior;
    return (sums_.sum(category, 1) + smoothing * prior) /
           (static_cast<double>(counts_[category]) + smoothing);
  }

 private:
  std::vector<uint64_t> counts_;
  WindowSums sums_;
};

}  // namespace mainspring
