// How the values that a server reads are spread: each column over the bins and categories of the
// bundle's profile, and the predictions. What drift is measured from while requests are answered.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/bundle_image.hpp"
#include "serve/counter_block.hpp"

namespace mainspring {

/// Words of one column before its bins.
inline constexpr uint32_t kMissingWord = 0;
inline constexpr uint32_t kUnseenWord = 1;      // of categories: what the profile lacks
inline constexpr uint32_t kOutOfRangeWord = 2;  // of numbers: below the least or above the largest
inline constexpr uint32_t kFirstBinWord = 3;

/// One input of the plan, and how the profile has it. Bin k of numbers holds values in
/// (edges[k - 1], edges[k]]; bins of categories are `categories` in their order, then all others
/// that the profile knows.
struct CountedColumn {
  std::string name;
  InputKind kind;
  uint32_t first_word = 0;
  uint32_t num_bins = 0;
  std::vector<double> edges;
  std::vector<double> filled;  // the edges, as many as a search takes
  std::vector<std::string> categories;
  std::vector<uint64_t> reference;  // rows of the profile in each bin
  uint64_t reference_missing = 0;
  double least = 0, largest = 0;
  bool is_boolean = false;
  // Hashes of all categories that the profile knows with their bin + 1; open addressing, a power of
  // two of slots.
  std::vector<std::pair<uint64_t, uint32_t>> slots;
};

/// One output, or with labels the one label of each row.
struct CountedOutput {
  uint32_t first_word = 0;
  uint32_t num_bins = 0;
  std::vector<double> edges;
};

/// Thread-safe: adds to counters only.
class RowCounts {
 public:
  /// Only missing values are counted where the bundle has no profile, or has the column as another
  /// kind.
  RowCounts(const BundleImage& bundle, std::string_view key);

  /// Columns in the order of the plan's inputs.
  void count_rows(const ColumnView* columns, uint64_t num_rows) noexcept;
  /// What predict gives: num_rows rows of all outputs.
  void count_predictions(const double* scores, uint64_t num_rows) noexcept;

  const std::vector<CountedColumn>& columns() const { return columns_; }
  const std::vector<CountedOutput>& outputs() const { return outputs_; }
  std::vector<uint64_t> sum() const { return block_->sum(); }

 private:
  void describe_columns(const BundleImage& bundle);
  void describe_outputs(const BundleImage& bundle);
  void count_column(const CountedColumn& column, const ColumnView& view, uint64_t first_row,
                    uint32_t num_rows) noexcept;

  const BundleImage& bundle_;
  std::vector<CountedColumn> columns_;
  std::vector<CountedOutput> outputs_;
  bool has_labels_ = false;
  uint32_t num_words_ = 0;
  std::optional<CounterBlock> block_;
};

}  // namespace mainspring
