// Ids of lists for embedding tables that pool: all ids of a list column in one array, and where
// each row's begin.
#pragma once
#include <cstdint>
#include <vector>

#include "host/bundle_image.hpp"
#include "host/growing_array.hpp"
#include "host/sparse_rows.hpp"
#include "host/table.hpp"

namespace mainspring {

/// Row r has the ids [offsets[r], offsets[r + 1]). Exactly one of the two arrays of offsets, each
/// of one more than there are rows, has memory: int32 where every number of ids fits.
struct JaggedList {
  uint64_t num_ids = 0;
  GrowingArray<int32_t> narrow_offsets;
  GrowingArray<int64_t> wide_offsets;
  GrowingArray<int32_t> ids;
};

/// The part of a plan that makes its lists.
class ListPlan {
 public:
  explicit ListPlan(const BundleView& bundle);
  ListPlan(const ListPlan&) = delete;
  ListPlan& operator=(const ListPlan&) = delete;
  uint32_t num_lists() const { return num_lists_; }
  /// Rows of the columns, at most a tile of them, to `tile`: an entry for each id, its list the
  /// feature.
  void run(const ColumnView* columns, uint64_t first_row, uint32_t num_rows,
           SparseTile* tile) const;

 private:
  PlanView plan_;
  std::vector<StepRecord> steps_;
  uint32_t num_lists_ = 0;
};

/// Entries of a ListPlan, row by row, as a list each. most_narrow: beyond so many ids of one list
/// offsets are int64.
std::vector<JaggedList> split_lists(const SparseRows& rows, uint64_t most_narrow = INT32_MAX);

/// The lists of a table, in the order of the plan. Throws what match_columns() throws.
std::vector<JaggedList> transform_to_jagged(const BundleImage& bundle, const Table& table);

}  // namespace mainspring
