// Sums over errors of predicted numbers: the state of all metrics of regression.
#pragma once
#include <array>

#include "measure/quality/metric.hpp"
#include "runtime/core/exact_sum.hpp"

namespace mainspring {

class ErrorSums {
 public:
  static constexpr std::string_view kName = "errors";

  struct Summary {
    double weight = 0;  // of all rows; the rest are means over them
    double absolute = 0, square = 0, error = 0, relative = 0, pinball = 0;
    double variance = 0;    // of the labels
    uint64_t infinite = 0;  // rows with an infinite label or prediction
    double max_absolute = 0;
  };

  explicit ErrorSums(const QualityShape& shape) : quantile_(shape.quantile) {}
  void update(const QualityRows& rows);
  void merge(const ErrorSums& other, const CodeMaps& maps);
  void write(StateWriter& writer) const;
  void read(StateReader& reader);
  Summary summary(std::span<const uint32_t> class_order) const;

  /// The mean of errors, infinite where one of them is; with the reason why it is not a number.
  static MetricValue mean_or_reason(const Summary& found, double mean);

 private:
  enum Sum : size_t {
    kWeight,
    kAbsolute,
    kSquare,
    kError,
    kRelative,
    kPinball,
    kLabel,
    kLabelSquare
  };
  static constexpr size_t kNumSums = 8;

  double quantile_;
  std::array<ExactSum, kNumSums> sums_;
  uint64_t infinite_ = 0;
  double max_absolute_ = 0;
};

}  // namespace mainspring
