// EWMA control chart: a moving average against limits of its own law.
#include <cmath>

#include "measure/detectors/detector.hpp"
#include "measure/detectors/running_mean.hpp"

namespace mainspring {

namespace {

struct Ewma {
  static constexpr std::string_view kName = "ewma";
  static constexpr std::string_view kSummary =
      "EWMA control chart: the mean has moved when an exponentially weighted average leaves its "
      "control limits.";
  static constexpr DetectorInput kInput = DetectorInput::kAny;
  static constexpr DetectorNotes kNotes{
      .formula =
          "z = weight x + (1 - weight) z from the mean m on; drift when |z - m| > limit s sqrt("
          "weight / (2 - weight) (1 - (1 - weight)^(2 k))), m and s the mean and the deviation "
          "(ddof "
          "1) of the first min_values values, k how many came after them",
      .source = "S. W. Roberts 1959, doi:10.1080/00401706.1959.10489860",
  };
  static constexpr std::array kParams{
      DetectorParam{"min_values", "values that mean and deviation are learnt from", 100, 2, 1e12,
                    true},
      DetectorParam{"weight", "of the newest value", 0.1, 1e-9, 1},
      DetectorParam{"limit", "control limits, in standard deviations of the average", 4, 1e-9, 1e9},
  };

  explicit Ewma(std::span<const double> params)
      : min_values(params[0]),
        weight(params[1]),
        factor(params[2] * params[2] * weight / (2 - weight)) {}

  Signal push(double value) {
    if (learnt.count < min_values) {
      const double before = value - learnt.mean;
      learnt.add(value);
      squares += before * (value - learnt.mean);
      average = learnt.mean;
      left = 1;
      return Signal::kNone;
    }
    average = weight * value + (1 - weight) * average;
    left *= (1 - weight) * (1 - weight);
    // Squared: no root and no division on the way of every value.
    const double gap = average - learnt.mean;
    if (!(gap * gap * (learnt.count - 1) > squares * factor * (1 - left))) return Signal::kNone;
    learnt = {};
    squares = average = 0;
    return Signal::kDrift;
  }
  template <class Visit>
  void visit(const Visit& field) {
    learnt.visit(field);
    field(squares);
    field(average);
    field(left);
  }
  bool sound() const { return true; }

  double min_values, weight;
  double factor;  // of the variance: the squared limit of the average in the long run
  RunningMean learnt;
  double squares = 0;
  double average = 0;
  double left = 1;  // of where the average began
};

}  // namespace

extern constinit const DetectorEntry kEwma = detector_of<Ewma>();

}  // namespace mainspring
