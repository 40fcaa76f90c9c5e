// The logistic regression of labels on the logits of scores: the state of slope and intercept.
#pragma once
#include "measure/quality/score_lists.hpp"

namespace mainspring {

struct CalibrationLine {
  double intercept = 0, slope = 1;
  bool found = false;
};

/// By Newton's method, from the sorted runs, so that the order of rows does not matter. Not found
/// where scores are all equal, or order the two classes perfectly.
CalibrationLine calibration_line(const RankedScores& ranked);

template <class Fn>
MetricValue line_metric(const ScoreLists::Summary& summary, const MetricOptions& options, Fn of) {
  bool found = true;
  MetricValue value = average_ranked(summary, options, [&](const RankedScores& ranked) {
    const CalibrationLine line = calibration_line(ranked);
    found = found && line.found;
    return of(line);
  });
  if (found) return value;
  return MetricValue::because(std::numeric_limits<double>::quiet_NaN(),
                              "No line fits: scores are all equal, or tell the classes apart "
                              "without a mistake.");
}

}  // namespace mainspring
