// The one list of quality metrics.
#include <array>

#include "measure/quality/metric.hpp"

namespace mainspring {

extern const MetricEntry kAccuracy, kPrecision, kRecall, kF1, kSpecificity, kMcc, kLogLoss, kBrier,
    kRocAuc, kRocAucHistogram, kPrAuc, kScoreKs, kGain, kLift, kEce, kEceExcess, kCalibrationSlope,
    kCalibrationIntercept, kMae, kRmse, kR2, kMape, kMeanError, kQuantileLoss, kNdcg,
    kMeanAveragePrecision, kMrr, kHitRate;

namespace {

constexpr std::array kMetrics{&kAccuracy,
                              &kPrecision,
                              &kRecall,
                              &kF1,
                              &kSpecificity,
                              &kMcc,
                              &kRocAuc,
                              &kRocAucHistogram,
                              &kPrAuc,
                              &kLogLoss,
                              &kBrier,
                              &kScoreKs,
                              &kGain,
                              &kLift,
                              &kEce,
                              &kEceExcess,
                              &kCalibrationSlope,
                              &kCalibrationIntercept,
                              &kMae,
                              &kRmse,
                              &kR2,
                              &kMape,
                              &kMeanError,
                              &kQuantileLoss,
                              &kNdcg,
                              &kMeanAveragePrecision,
                              &kMrr,
                              &kHitRate};

}  // namespace

std::span<const MetricEntry* const> metric_list() { return kMetrics; }

}  // namespace mainspring
