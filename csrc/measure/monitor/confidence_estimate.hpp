// How well a classifier does before labels arrive, by its own confidence (CBPE): J. Bialek, W.
// Kuberski, N. Perrakis and A. Bifet 2024, arXiv:2401.08348.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mainspring {

/// Rows with a score of the positive class, or one of each class when there are more than two.
struct ScoredRows {
  uint64_t num_rows = 0;
  const double* scores = nullptr;    // row-major
  const uint32_t* labels = nullptr;  // of the reference: the code of the class
};

struct ConfidenceOptions {
  uint32_t num_classes = 2;
  double threshold = 0.5;  // of two classes: from which score on a row is predicted as positive
  double level = 0.95;     // of the intervals
  uint64_t draws = 200;
  uint64_t seed = 0;
};

/// What a metric is expected to be. A value that is NaN has a reason.
struct ExpectedMetric {
  std::string name;
  double value, low, high;
  std::string reason;
};

struct ConfidenceEstimate {
  std::vector<ExpectedMetric> metrics;
  /// How far the calibration of half the reference is off on the other half, beyond what chance
  /// explains: ece_excess, the largest over classes.
  double calibration_excess = 0;
};

/// The probability of each class is calibrated on the reference, one class against the others. A
/// row counts as one of each class with its probability: so every metric has its expectation. The
/// interval holds the metric of these rows once their labels are there: percentiles of draws, each
/// with the calibration of a resampled reference and with labels drawn from its probabilities.
ConfidenceEstimate estimate_by_confidence(const ScoredRows& reference, const ScoredRows& current,
                                          const ConfidenceOptions& options);

/// Linear interpolation between order statistics (type 7 of R. J. Hyndman and Y. Fan 1996,
/// doi:10.2307/2684934). NaN of no values; `values` is sorted.
double quantile_of(std::vector<double>* values, double share);

}  // namespace mainspring
