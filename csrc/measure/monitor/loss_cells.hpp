// Features cut into parts, and the losses of rows summed over them: all that a model of losses
// learns from. Sums of rows add, so a fold can be left out by subtraction.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace mainspring {

/// Parts of a feature: 0 is missing, the others are equally filled.
inline constexpr uint32_t kLossParts = 33;

/// Edges of the parts of each feature.
class LossGrid {
 public:
  /// `columns` has one feature after the other; NaN is missing.
  LossGrid(const double* columns, uint64_t num_rows, uint32_t num_features);
  explicit LossGrid(std::vector<std::vector<double>> edges) : edges_(std::move(edges)) {}

  uint32_t num_features() const { return static_cast<uint32_t>(edges_.size()); }
  /// The part of every row by every feature, one feature after the other.
  std::vector<uint8_t> parts_of(const double* columns, uint64_t num_rows) const;
  /// The features of these places alone.
  LossGrid chosen(std::span<const uint32_t> features) const;

 private:
  std::vector<std::vector<double>> edges_;
};

/// Rows that were cut into parts.
struct LossRows {
  uint64_t num_rows = 0;
  uint32_t num_features = 0;
  const uint8_t* parts = nullptr;  // one feature after the other
  const double* losses = nullptr;

  uint8_t part(uint32_t feature, uint64_t row) const { return parts[feature * num_rows + row]; }
};

/// Sums of losses over the parts of each feature, and rows over the parts of each two of them.
struct LossCells {
  uint64_t num_rows = 0;
  double sum = 0;
  std::vector<double> sums;      // by feature and part
  std::vector<uint32_t> counts;  // by pair of features (first <= second) and their parts

  explicit LossCells(uint32_t num_features);
  static size_t pair_of(uint32_t first, uint32_t second, uint32_t num_features);
  /// Rows of `rows` whose number is `fold` modulo `folds`.
  void add(const LossRows& rows, uint64_t fold, uint64_t folds);
  void add(const LossCells& other);
};

/// Boosted stumps (J. H. Friedman 2001, doi:10.1214/aos/1013203451): a sum of steps over parts.
class LossModel {
 public:
  LossModel(const LossCells& cells, uint32_t num_features);
  /// The expected loss of a row, at least 0.
  double operator()(const LossRows& rows, uint64_t row) const;

 private:
  double mean_ = 0;
  std::vector<double> steps_;  // by feature and part
};

}  // namespace mainspring
