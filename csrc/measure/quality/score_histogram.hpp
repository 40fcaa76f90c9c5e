// Scores of two classes counted in equal bins of [0, 1]: ROC AUC in bounded memory, with its bound.
#pragma once
#include "measure/quality/metric.hpp"

namespace mainspring {

/// 256 KiB whatever the number of rows. Weights are rounded to multiples of 2^-24, so that sums are
/// whole numbers and do not depend on order.
class ScoreHistogram {
 public:
  static constexpr std::string_view kName = "score_histogram";
  static constexpr uint32_t kBins = 16384;

  struct Summary {
    std::vector<double> positive, negative;  // weight of each bin, scores ascending
    bool probabilities = true;
  };

  explicit ScoreHistogram(const QualityShape&) : counts_(2 * size_t{kBins}, 0) {}
  void update(const QualityRows& rows);
  void merge(const ScoreHistogram& other, const CodeMaps& maps);
  void write(StateWriter& writer) const;
  void read(StateReader& reader);
  Summary summary(std::span<const uint32_t> class_order) const;

 private:
  std::vector<uint64_t> counts_;  // [label * kBins + bin]
  uint64_t outside_ = 0;          // rows whose score is not in [0, 1]
};

}  // namespace mainspring
