// A mergeable sketch of a column's ranks with a certified error: what stands in for the exact
// counts when a column has too many distinct values.
//
// Compactors in the manner of Karnin, Lang and Liberty (2016, arXiv:1603.05346), made
// deterministic: a full level is sorted and every second item moves up with twice the weight. One
// compaction moves any rank by at most one weight, up when the first of each pair is kept, down
// when the second is; levels take turns, and the weights of both directions are added up, so the
// bound is known for the data at hand instead of expected over coin flips.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "host/state_bytes.hpp"
#include "profile/distribution.hpp"

namespace mainspring {

class QuantileSketch {
 public:
  /// Items a level may hold before it is compacted. The error is then about
  /// log2(n / kLevelItems) / (2 * kLevelItems): 0.1 % at a million values, 0.13 % at ten million.
  static constexpr uint32_t kLevelItems = 4096;

  /// level_items: a power of two, instead of kLevelItems.
  explicit QuantileSketch(uint32_t level_items = kLevelItems);
  /// Values in the order of the rows; NaN must not be among them.
  void add(const double* values, uint64_t count);
  /// Ascending distinct values with how often each occurs; adds no error.
  void add_runs(const std::vector<double>& values, const std::vector<uint64_t>& counts);
  void merge(const QuantileSketch& other);

  uint64_t total() const { return total_; }
  uint32_t level_items() const { return level_items_; }
  /// No rank in distribution() is off by more than this many values.
  uint64_t rank_error() const;
  Distribution distribution() const;
  /// The same, which copies share once it is kept: until something is added.
  std::shared_ptr<const Distribution> shared_distribution() const;
  void keep_distribution();
  /// A copy that knows its distribution alone, where that is kept.
  QuantileSketch without_levels() const;

  void write(StateWriter& writer) const;
  /// Throws Error(kBundleCorrupt) on levels that are not sorted or do not add up.
  static QuantileSketch read(StateReader& reader, uint32_t level_items = kLevelItems);

 private:
  struct Level {
    std::vector<double> items;  // sorted, but for level 0
    bool keep_second = false;
  };
  void add_to_level(uint32_t level, const double* sorted, uint64_t count);
  void compact(uint32_t level);
  void compact_full_levels();

  Distribution merged_levels() const;

  uint32_t level_items_;
  std::vector<Level> levels_;
  uint64_t total_ = 0;
  uint64_t error_up_ = 0;    // ranks may be too high by this much
  uint64_t error_down_ = 0;  // or too low by this much
  std::shared_ptr<const Distribution> kept_;
};

}  // namespace mainspring
