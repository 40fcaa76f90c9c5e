// Dictionaries of a table, looked up and hashed once for each entry instead of once for each row.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "host/bundle_image.hpp"
#include "host/coded_plan.hpp"
#include "host/match_columns.hpp"
#include "host/ranked_table.hpp"
#include "runtime/bundle/read_bundle.hpp"
#include "runtime/predictor/coded_columns.hpp"

namespace mainspring {

/// Below this many rows nothing is saved that is worth a second plan.
inline constexpr uint64_t kFewestCodedRows = 1024;
/// Of a table for which the numbers are found that chains are folded to; has_ranked_features().
uint64_t fewest_folded_rows(const BundleView& bundle) noexcept;

/// What steps make of the entries of one dictionary.
class EntryResults;

/// The batches of one call. Groups of batches are prepared one after the other, so that what is
/// kept of their dictionaries stays within a few MiB, or the dictionaries of one batch. A table
/// whose dictionaries do not pay, or none, is one group and has the bundle's own plan.
class CodedTable {
 public:
  CodedTable(const BundleView& bundle, const std::vector<BatchColumns>& batches);
  /// For raw scores: a forest gets ranks in place of features where that saves something.
  CodedTable(const BundleImage& bundle, const std::vector<BatchColumns>& batches);
  ~CodedTable();
  CodedTable(const CodedTable&) = delete;
  CodedTable& operator=(const CodedTable&) = delete;

  /// The bundle with the steps that rows still need.
  const BundleView& bundle() const { return bundle_; }
  /// Prepares batches from `first` on, on the pool; returns the end of the group. Ends the group
  /// before.
  size_t prepare(size_t first);
  /// Of a batch of the group.
  CodedColumns columns(size_t batch) const;
  /// May be null.
  const RankedPlan* ranked() const { return ranked_ == nullptr ? nullptr : &ranked_->plan(); }
  /// Of predict_rows() with all of these.
  uint64_t scratch_bytes() const;

 private:
  struct Batch {
    std::vector<std::shared_ptr<EntryResults>> results;  // one for each coded input
    std::vector<CodedColumn> columns;
  };

  void choose_inputs();
  std::shared_ptr<EntryResults> results_of(size_t batch, size_t i, const Batch* before) const;

  BundleView original_;
  BundleView bundle_;
  const std::vector<BatchColumns>& batches_;
  CodedPlan plan_;
  std::unique_ptr<RankedTable> ranked_;
  size_t group_first_ = 0;
  std::vector<Batch> group_;
};

}  // namespace mainspring
