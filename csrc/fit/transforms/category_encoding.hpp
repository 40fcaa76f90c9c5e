// Categories to one number each: a lookup and a gather, whatever the number means.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fit/transforms/feature.hpp"
#include "fit/transforms/key_index.hpp"
#include "fit/transforms/target_sums.hpp"

namespace mainspring {

/// The numbers of a category that was not seen, of missing rows, and of each key.
struct CategoryEncoding {
  double unseen;
  double missing;
  std::vector<double> keys;
};

/// The ids of a column's categories: its own where it holds ids already, else those of a lookup.
struct CategoryIds {
  Slot slot;
  std::vector<uint32_t> order;  // keys of the ids from kFirstEntryId on
  bool looked_up;

  void release(PlanBuilder& builder) const {
    if (looked_up) builder.release(slot);
  }
};

/// `counts` of the keys decide the order of their ids, which other operators over the same column
/// share.
CategoryIds emit_ids(const KeyIndex& keys, std::span<const uint64_t> counts, const Feature& in,
                     PlanBuilder& builder);

/// The feature NAME_suffix of these ids.
Feature emit_encoding(const CategoryEncoding& encoding, const KeyIndex& keys,
                      const CategoryIds& ids, std::string_view suffix, const Feature& in,
                      PlanBuilder& builder);

/// The same with ids of its own.
Feature emit_encoding(const CategoryEncoding& encoding, const KeyIndex& keys,
                      std::span<const uint64_t> counts, std::string_view suffix, const Feature& in,
                      PlanBuilder& builder);

/// The same through one encoding for each fold of `sums`, chosen by the row's number.
Feature emit_fold_encodings(std::span<const CategoryEncoding> encodings, const TargetSums& sums,
                            std::string_view suffix, const Feature& in, PlanBuilder& builder);

/// What an encoder by the target gives for serving, or for the rows that it was fitted on:
/// encode(fold) is what the rows outside a fold say, or all rows (fold = sums.folds()).
template <class Encode>
std::vector<Feature> emit_target_encoding(const TargetSums& sums, std::string_view suffix,
                                          const Feature& in, PlanBuilder& builder,
                                          bool cross_fitted, const Encode& encode) {
  if (!cross_fitted) {
    return {
        emit_encoding(encode(sums.folds()), sums.keys(), sums.key_counts(), suffix, in, builder)};
  }
  std::vector<CategoryEncoding> encodings;
  for (uint32_t fold = 0; fold < sums.folds(); ++fold) encodings.push_back(encode(fold));
  return {emit_fold_encodings(encodings, sums, suffix, in, builder)};
}

/// The feature NAME_suffix of the rows that were fitted on, by their number: for a training plan.
Feature emit_row_values(std::span<const double> values, std::string_view suffix, const Feature& in,
                        PlanBuilder& builder);

}  // namespace mainspring
