// The metrics that were asked for over rows that come in any order and number: states in, results
// out.
#pragma once
#include <array>
#include <optional>

#include "measure/quality/confusion_counts.hpp"
#include "measure/quality/metric.hpp"
#include "measure/quality/score_lists.hpp"

namespace mainspring {

struct MetricResult {
  const MetricEntry* metric;
  MetricValue result;
};

/// What plots are made of; empty where no metric needed it.
struct QualityCurves {
  std::optional<ConfusionCounts::Summary> confusion;
  std::vector<ReliabilityBin> reliability;                   // of two classes
  std::vector<std::array<double, 2>> roc, precision_recall;  // at most about 200 points
};

struct QualityResults {
  std::vector<MetricResult> metrics;
  QualityCurves curves;
};

class Evaluator {
 public:
  /// Throws Error(kParameter) for a metric that is not known.
  Evaluator(const QualityShape& shape, std::span<const std::string> metrics,
            const MetricOptions& options);

  /// Rows must have what the shape says.
  void update(const QualityRows& rows);
  /// Throws Error(kParameter) when the other one was made for something else.
  void merge(const Evaluator& other, const CodeMaps& maps);
  uint64_t num_rows() const { return num_rows_; }

  /// class_order: the code of each class, by value ascending.
  QualityResults finish(std::span<const uint32_t> class_order) const;
  /// Values of all metrics alone.
  std::vector<double> values(std::span<const uint32_t> class_order) const;

  std::vector<uint8_t> to_bytes() const;
  /// Into an evaluator that was made alike. Throws Error(kBundleCorrupt).
  void read(std::string_view bytes);

  const QualityShape& shape() const { return shape_; }

 private:
  struct Held {
    const QualityStateEntry* entry;
    std::unique_ptr<AnyQualityState> state;
  };
  std::vector<std::shared_ptr<const void>> summaries(std::span<const uint32_t> class_order) const;
  std::vector<MetricResult> measure(
      const std::vector<std::shared_ptr<const void>>& summaries) const;

  QualityShape shape_;
  MetricOptions options_;
  std::vector<const MetricEntry*> metrics_;
  std::vector<Held> states_;
  uint64_t num_rows_ = 0;
};

/// Values of all metrics for each of `replicates` resamples of the rows, with weights drawn from
/// Poisson's law of mean 1 (of rankings, one for each query): deterministic for a seed. By
/// replicate, then metric.
std::vector<std::vector<double>> bootstrap(const QualityShape& shape,
                                           std::span<const std::string> metrics,
                                           const MetricOptions& options, const QualityRows& rows,
                                           std::span<const uint32_t> class_order,
                                           uint64_t replicates, uint64_t seed);

}  // namespace mainspring
