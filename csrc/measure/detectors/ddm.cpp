// DDM: the error rate has left its lowest point by too many standard deviations.
#include <cmath>

#include "measure/detectors/detector.hpp"
#include "measure/detectors/running_mean.hpp"

namespace mainspring {

namespace {

struct Ddm {
  static constexpr std::string_view kName = "ddm";
  static constexpr std::string_view kSummary =
      "DDM: the error rate is too many standard deviations above the lowest it has been.";
  static constexpr DetectorInput kInput = DetectorInput::kShares;
  static constexpr DetectorNotes kNotes{
      .formula =
          "p = error rate so far, s = sqrt(p (1 - p) / n), p_min and s_min where p + s was lowest; "
          "warning when p + s > p_min + warning s_min, drift when p + s > p_min + drift s_min",
      .source = "J. Gama et al. 2004, doi:10.1007/978-3-540-28645-5_29",
  };
  static constexpr std::array kParams{
      DetectorParam{"min_values", "values that are only counted", 30, 1, 1e12, true},
      DetectorParam{"warning", "standard deviations that are a warning", 2, 0, 1e9},
      DetectorParam{"drift", "standard deviations that are drift", 3, 0, 1e9},
  };

  explicit Ddm(std::span<const double> params)
      : min_values(params[0]), warning(params[1]), drift(params[2]) {}

  Signal push(double value) {
    rate.add(value);
    if (rate.count <= min_values) return Signal::kNone;
    const double spread = std::sqrt(rate.mean * (1 - rate.mean) / rate.count);
    const double sum = rate.mean + spread;
    if (sum <= lowest) {
      lowest_rate = rate.mean;
      lowest_spread = spread;
      lowest = sum;
    }
    if (sum > lowest_rate + drift * lowest_spread) {
      rate = {};
      lowest = std::numeric_limits<double>::infinity();
      return Signal::kDrift;
    }
    return sum > lowest_rate + warning * lowest_spread ? Signal::kWarning : Signal::kNone;
  }
  template <class Visit>
  void visit(const Visit& field) {
    rate.visit(field);
    field(lowest_rate);
    field(lowest_spread);
    field(lowest);
  }
  bool sound() const { return true; }

  double min_values, warning, drift;
  RunningMean rate;
  double lowest_rate = 0;
  double lowest_spread = 0;
  double lowest = std::numeric_limits<double>::infinity();
};

}  // namespace

extern constinit const DetectorEntry kDdm = detector_of<Ddm>();

}  // namespace mainspring
