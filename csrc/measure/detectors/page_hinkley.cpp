// Page-Hinkley: cumulated deviations from the running mean, up or down.
#include <algorithm>

#include "measure/detectors/detector.hpp"
#include "measure/detectors/running_mean.hpp"

namespace mainspring {

namespace {

struct PageHinkley {
  static constexpr std::string_view kName = "page_hinkley";
  static constexpr std::string_view kSummary =
      "Page-Hinkley: the mean has moved when cumulated deviations leave their extreme by a "
      "threshold.";
  static constexpr DetectorInput kInput = DetectorInput::kAny;
  static constexpr DetectorNotes kNotes{
      .formula =
          "m = mean so far, u = alpha u + x - m - delta, d = alpha d + x - m + delta; drift when u "
          "- "
          "min u or max d - d passes the threshold, from min_values values on",
      .source = "E. S. Page 1954, doi:10.1093/biomet/41.1-2.100; H. Mouss et al. 2004",
  };
  static constexpr std::array kParams{
      DetectorParam{"min_values", "values before drift can be found", 30, 1, 1e12, true},
      DetectorParam{"delta", "deviation from the mean that is no drift", 0.005, 0, 1e300},
      DetectorParam{"threshold", "cumulated deviation that is drift", 50, 0, 1e300},
      DetectorParam{"alpha", "what of the sums is kept from value to value", 0.9999, 0, 1},
      DetectorParam{"up", "1: look for rises", 1, 0, 1, true},
      DetectorParam{"down", "1: look for falls", 1, 0, 1, true},
  };

  explicit PageHinkley(std::span<const double> params)
      : min_values(params[0]),
        delta(params[1]),
        threshold(params[2]),
        alpha(params[3]),
        up_threshold(params[4] != 0 ? threshold : std::numeric_limits<double>::infinity()),
        down_threshold(params[5] != 0 ? threshold : std::numeric_limits<double>::infinity()) {}

  Signal push(double value) {
    mean.add(value);
    const double deviation = value - mean.mean;
    rise = alpha * rise + deviation - delta;
    fall = alpha * fall + deviation + delta;
    lowest = std::min(lowest, rise);
    highest = std::max(highest, fall);
    const bool drift = rise - lowest > up_threshold || highest - fall > down_threshold;
    if (!drift || mean.count < min_values) return Signal::kNone;
    mean = {};
    rise = fall = 0;
    lowest = std::numeric_limits<double>::infinity();
    highest = -1;
    return Signal::kDrift;
  }
  template <class Visit>
  void visit(const Visit& field) {
    mean.visit(field);
    field(rise);
    field(fall);
    field(lowest);
    field(highest);
  }
  bool sound() const { return true; }

  double min_values, delta, threshold, alpha, up_threshold, down_threshold;
  RunningMean mean;
  double rise = 0;
  double fall = 0;
  double lowest = std::numeric_limits<double>::infinity();
  double highest = -1;
};

}  // namespace

extern constinit const DetectorEntry kPageHinkley = detector_of<PageHinkley>();

}  // namespace mainspring
