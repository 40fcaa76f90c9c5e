// Sums of what each probability loses: the state of log_loss and brier.
#pragma once
#include "measure/quality/metric.hpp"
#include "runtime/core/exact_sum.hpp"

namespace mainspring {

class ProbabilityLosses {
 public:
  static constexpr std::string_view kName = "probability_losses";

  struct Summary {
    double weight = 0, log_loss = 0, squares = 0;  // sums
    bool probabilities = true;
  };

  explicit ProbabilityLosses(const QualityShape& shape) : shape_(shape) {}
  void update(const QualityRows& rows);
  void merge(const ProbabilityLosses& other, const CodeMaps& maps);
  void write(StateWriter& writer) const;
  void read(StateReader& reader);
  Summary summary(std::span<const uint32_t> class_order) const;

 private:
  QualityShape shape_;
  ExactSum weight_, log_loss_, squares_;
  uint64_t outside_ = 0;  // rows with a score that is not in [0, 1]
};

}  // namespace mainspring
