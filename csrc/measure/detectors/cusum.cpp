// CUSUM: sums of deviations from the running mean that never fall below zero.
#include <algorithm>

#include "measure/detectors/detector.hpp"
#include "measure/detectors/running_mean.hpp"

namespace mainspring {

namespace {

struct Cusum {
  static constexpr std::string_view kName = "cusum";
  static constexpr std::string_view kSummary =
      "CUSUM: the mean has moved when the sum of deviations beyond a slack, kept from falling "
      "below "
      "0, passes a threshold.";
  static constexpr DetectorInput kInput = DetectorInput::kAny;
  static constexpr DetectorNotes kNotes{
      .formula =
          "m = mean so far, u = max(0, u + x - m - delta), d = max(0, d + m - x - delta); drift "
          "when "
          "u or d passes the threshold, from min_values values on",
      .source = "E. S. Page 1954, doi:10.1093/biomet/41.1-2.100",
  };
  static constexpr std::array kParams{
      DetectorParam{"min_values", "values before drift can be found", 30, 1, 1e12, true},
      DetectorParam{"delta", "deviation from the mean that is no drift", 0.005, 0, 1e300},
      DetectorParam{"threshold", "sum that is drift", 50, 0, 1e300},
      DetectorParam{"up", "1: look for rises", 1, 0, 1, true},
      DetectorParam{"down", "1: look for falls", 1, 0, 1, true},
  };

  explicit Cusum(std::span<const double> params)
      : min_values(params[0]),
        delta(params[1]),
        up_threshold(params[3] != 0 ? params[2] : std::numeric_limits<double>::infinity()),
        down_threshold(params[4] != 0 ? params[2] : std::numeric_limits<double>::infinity()) {}

  Signal push(double value) {
    mean.add(value);
    const double deviation = value - mean.mean;
    rise = std::max(0.0, rise + deviation - delta);
    fall = std::max(0.0, fall - deviation - delta);
    const bool drift = rise > up_threshold || fall > down_threshold;
    if (!drift || mean.count < min_values) return Signal::kNone;
    mean = {};
    rise = fall = 0;
    return Signal::kDrift;
  }
  template <class Visit>
  void visit(const Visit& field) {
    mean.visit(field);
    field(rise);
    field(fall);
  }
  bool sound() const { return true; }

  double min_values, delta, up_threshold, down_threshold;
  RunningMean mean;
  double rise = 0;
  double fall = 0;
};

}  // namespace

extern constinit const DetectorEntry kCusum = detector_of<Cusum>();

}  // namespace mainspring
