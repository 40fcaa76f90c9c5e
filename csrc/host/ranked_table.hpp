// The plan that is left for a table when its forest gets ranks in place of features.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "host/coded_plan.hpp"
#include "host/ranked_forest.hpp"
#include "runtime/predictor/ranked_plan.hpp"

namespace mainspring {

/// What the forest's program has of one feature that a dictionary's entries have, too.
struct EntryTarget {
  uint32_t feature;  // number among those of the coded input
  uint32_t number;   // of the column of ranks, or of the feature of categories
  bool is_category;
};

class RankedTable {
 public:
  /// `rows` is the bundle with the steps that dictionaries leave to rows; `inputs` are these. The
  /// bundle has_ranked_features(). `forest` may be null: then no number has ranks of its own.
  RankedTable(const BundleView& rows, const std::vector<CodedInput>& inputs,
              std::shared_ptr<const RankedForest> forest);
  RankedTable(const RankedTable&) = delete;
  RankedTable& operator=(const RankedTable&) = delete;

  const RankedPlan& plan() const { return plan_; }
  /// Whether anything is saved.
  bool is_useful() const { return useful_; }
  /// Of a coded input.
  const std::vector<EntryTarget>& targets(size_t input) const { return targets_[input]; }

 private:
  void give_entries(const SlicedView& view, const std::vector<CodedInput>& inputs);
  void keep_steps(const PlanView& plan, const std::vector<bool>& wanted);

  std::shared_ptr<const RankedForest> forest_;
  std::vector<std::vector<EntryTarget>> targets_;
  std::vector<uint8_t> is_given_, has_places_;
  std::vector<StepRecord> steps_;
  std::vector<RankedNumbers> numbers_;
  RankedPlan plan_{};
  bool useful_ = false;
};

}  // namespace mainspring
