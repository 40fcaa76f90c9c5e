// How often each class was predicted for each label: the state of all metrics of predicted classes.
#pragma once
#include <map>

#include "measure/quality/metric.hpp"
#include "runtime/core/exact_sum.hpp"

namespace mainspring {

/// Unweighted rows are counted, weighted ones added exactly.
class ConfusionCounts {
 public:
  static constexpr std::string_view kName = "confusion";
  static constexpr uint32_t kMaxClasses = 1024;

  struct Summary {
    QualityTask task = QualityTask::kBinary;
    uint32_t num_classes = 0;
    std::vector<double> cells;  // [label * num_classes + predicted]
    std::vector<double> labelled, predicted;
    double total = 0;

    double cell(uint32_t label, uint32_t guess) const {
      return cells[static_cast<size_t>(label) * num_classes + guess];
    }
  };

  explicit ConfusionCounts(const QualityShape& shape) : task_(shape.task) {}
  /// Throws Error(kData) for more than kMaxClasses classes.
  void update(const QualityRows& rows);
  void merge(const ConfusionCounts& other, const CodeMaps& maps);
  void write(StateWriter& writer) const;
  void read(StateReader& reader);
  Summary summary(std::span<const uint32_t> class_order) const;

 private:
  void reach(uint32_t num_classes);

  QualityTask task_;
  uint32_t num_classes_ = 0;
  std::vector<uint64_t> counts_;          // of unweighted rows, [label * num_classes_ + predicted]
  std::map<uint64_t, ExactSum> weights_;  // label << 32 | predicted
};

/// The mean of a number of each class, as the options say; of two classes, that of the positive
/// one. `micro` is what the average over rows comes to.
MetricValue average_classes(const ConfusionCounts::Summary& summary, std::vector<double> by_class,
                            double micro, const MetricOptions& options);

}  // namespace mainspring
