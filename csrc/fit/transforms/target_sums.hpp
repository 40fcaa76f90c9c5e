// What encoders by a target learn: counts and exact sums of the target for each category, in each
// fold where they are cross-fitted.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "fit/transforms/feature.hpp"
#include "fit/transforms/key_tallies.hpp"
#include "fit/transforms/shared_keys.hpp"
#include "fit/transforms/window_sums.hpp"
#include "host/state_bytes.hpp"

namespace mainspring {

/// A cell is a category in a fold: category 0 are the missing rows, 1 + number a key; without
/// cross-fitting there is a single fold. Bit-equal whatever batches, shards and order of merging.
class TargetSums {
 public:
  /// `max_folds`: of cross-fitting; 1 where rows are never held out by folds.
  TargetSums(uint32_t max_folds, uint64_t seed, bool with_squares = false)
      : max_folds_(max_folds), seed_(seed), with_squares_(with_squares) {
    make_room();
  }

  void update(const FitTile& tile) {
    uint32_t room[kTileRows];
    (void)update(tile, room);
  }
  /// Returns the number of each row's key, in `room` or where others have numbered them.
  const uint32_t* update(const FitTile& tile, uint32_t room[kTileRows]);
  /// The folds that rows of this fit are counted in.
  TallyFolds tally_folds(bool cross_fit) {
    choose_folds(cross_fit);
    return {folds_, folds_ == 1 ? 0 : seed_};
  }
  /// Without squares.
  void add_tallies(const KeyTallies& tallies, const std::shared_ptr<KeyIndex>& index);
  void merge(TargetSums&& other);
  /// Rows of keys that go still count for the totals. Says whether keys went; cut.kept stay.
  bool limit_keys(uint64_t max_keys, KeyCut& cut);
  uint64_t key_error() const { return keys_->error(); }
  void write(StateWriter& writer) const;
  void read(StateReader& reader);

  const KeyIndex& keys() const { return *keys_; }
  uint32_t folds() const { return folds_; }
  uint64_t seed() const { return seed_; }
  /// Missing, then each key.
  uint64_t num_categories() const { return uint64_t{keys_->size()} + 1; }

  /// Of the rows outside `fold`; of all rows where fold is folds().
  uint64_t count(uint64_t category, uint32_t fold) const;
  double sum(uint64_t category, uint32_t fold) const {
    return sums_.sum(category * folds_, folds_, category * folds_ + fold);
  }
  ExactSum exact_sum(uint64_t category, uint32_t fold) const {
    return sums_.exact_sum(category * folds_, folds_, category * folds_ + fold);
  }
  double squares(uint64_t category, uint32_t fold) const {
    return squares_.sum(category * folds_, folds_, category * folds_ + fold);
  }
  ExactSum exact_squares(uint64_t category, uint32_t fold) const {
    return squares_.exact_sum(category * folds_, folds_, category * folds_ + fold);
  }
  /// Whether the target is of integers whose sums and sums of squares double holds.
  bool holds_integers() const {
    return sums_.are_integers() && squares_.are_integers() &&
           squares_.sum(0, squares_.num_cells()) < 0x1p53;
  }
  /// Rows of keys that were not kept: in no category, but in the totals.
  uint64_t lost_count(uint32_t fold) const;
  ExactSum lost_sum(uint32_t fold) const { return lost_sums_.exact_sum(0, folds_, fold); }
  /// Of all rows, missing and lost ones among them: outside fold 0, outside fold 1, ..., of all
  /// rows.
  std::vector<uint64_t> total_counts() const;
  std::vector<double> total_sums() const;
  /// Rows of each key in all folds, by its number.
  std::vector<uint64_t> key_counts() const;

 private:
  void choose_folds(bool cross_fit);
  void make_room();
  TargetSums without_folds() const;

  uint32_t max_folds_;
  uint64_t seed_;
  bool with_squares_;
  uint32_t folds_ = 1;
  SharedKeys keys_;
  std::vector<uint64_t> counts_;
  WindowSums sums_;
  WindowSums squares_;
  // Of the keys that went, in each fold.
  std::vector<uint64_t> lost_counts_;
  WindowSums lost_sums_;
};

/// Throws Error(kParameter) unless 2 <= folds <= 1000 and seed >= 0.
void check_folds(std::string_view op, int64_t folds, int64_t seed);

/// sum / count, missing where there are no rows.
double mean_or_missing(double sum, uint64_t count);

}  // namespace mainspring
