// HDDM-A: Hoeffding's bound on the difference of two means.
#include <cmath>

#include "measure/detectors/detector.hpp"
#include "measure/detectors/running_mean.hpp"

namespace mainspring {

namespace {

struct HddmA {
  static constexpr std::string_view kName = "hddm_a";
  static constexpr std::string_view kSummary =
      "HDDM-A: the mean is above that up to its lowest point, by more than Hoeffding's inequality "
      "allows by chance.";
  static constexpr DetectorInput kInput = DetectorInput::kShares;
  static constexpr DetectorNotes kNotes{
      .formula =
          "z = mean of all n values, x = mean of the first k, where x + sqrt(ln(1 / drift) / (2 "
          "k)) "
          "was lowest; drift when z - x >= sqrt((n - k) / (k n) / 2 ln(2 / drift)), warning with "
          "the other level; below in the same way where two_sided is 1",
      .source = "I. Frias-Blanco et al. 2015, doi:10.1109/TKDE.2014.2345382",
  };
  static constexpr std::array kParams{
      DetectorParam{"drift", "level of drift", 0.001, 1e-300, 1},
      DetectorParam{"warning", "level of a warning", 0.005, 1e-300, 1},
      DetectorParam{"two_sided", "1: look for falls, too", 0, 0, 1, true},
  };

  explicit HddmA(std::span<const double> params)
      : log_bound(std::log(1 / params[0])),
        log_drift(std::log(2 / params[0])),
        log_warning(std::log(2 / params[1])),
        two_sided(params[2] != 0) {}

  Signal push(double value) {
    all.add(value);
    if (low.count == 0) low = all;
    if (high.count == 0) high = all;
    const double bound = bound_of(all.count);
    if (low.mean + bound_of(low.count) >= all.mean + bound) low = all;
    if (high.mean - bound_of(high.count) <= all.mean - bound) high = all;
    bool warned = false;
    bool drifted = false;
    if (above(all.mean - low.mean, low.count, log_drift)) {
      drifted = true;
    } else {
      warned = above(all.mean - low.mean, low.count, log_warning);
    }
    if (two_sided) {
      if (above(high.mean - all.mean, high.count, log_drift)) {
        drifted = true;
      } else {
        warned = warned || above(high.mean - all.mean, high.count, log_warning);
      }
    }
    if (!drifted) return warned ? Signal::kWarning : Signal::kNone;
    all = low = high = {};
    return Signal::kDrift;
  }
  double bound_of(double count) const { return std::sqrt(1 / (2 * count) * log_bound); }
  bool above(double difference, double first, double log_level) const {
    if (first == all.count) return false;
    const double size = (all.count - first) / first * (1 / all.count);
    return difference >= std::sqrt(size / 2 * log_level);
  }
  template <class Visit>
  void visit(const Visit& field) {
    all.visit(field);
    low.visit(field);
    high.visit(field);
  }
  bool sound() const { return true; }

  double log_bound, log_drift, log_warning;
  bool two_sided;
  RunningMean all, low, high;
};

}  // namespace

extern constinit const DetectorEntry kHddmA = detector_of<HddmA>();

}  // namespace mainspring
