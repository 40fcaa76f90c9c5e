// EDDM: errors come closer to each other than they were at their widest.
#include <cmath>

#include "measure/detectors/detector.hpp"
#include "measure/detectors/running_mean.hpp"

namespace mainspring {

namespace {

struct Eddm {
  static constexpr std::string_view kName = "eddm";
  static constexpr std::string_view kSummary =
      "EDDM: the distance between errors is too far below the widest it has been; for drift that "
      "comes slowly.";
  static constexpr DetectorInput kInput = DetectorInput::kShares;
  static constexpr DetectorNotes kNotes{
      .formula =
          "d = mean + 2 standard deviations (ddof 1) of the distance between errors (values of 1); "
          "warning when d / max d < warning, drift when d / max d < drift, after min_values errors",
      .source = "M. Baena-Garcia et al. 2006, Early drift detection method",
  };
  static constexpr std::array kParams{
      DetectorParam{"min_values", "values and errors that are only counted", 30, 1, 1e12, true},
      DetectorParam{"warning", "share of the widest distance that is a warning", 0.95, 0, 1},
      DetectorParam{"drift", "share of the widest distance that is drift", 0.9, 0, 1},
  };

  explicit Eddm(std::span<const double> params)
      : min_values(params[0]), warning(params[1]), drift(params[2]) {}

  Signal push(double value) {
    count += 1;
    // Between two errors nothing is measured: a warning stays.
    if (value != 1) return warned != 0 ? Signal::kWarning : Signal::kNone;
    const double distance = count - last_error;
    last_error = count;
    const double before = distance - distances.mean;
    distances.add(distance);
    squares += before * (distance - distances.mean);
    if (count <= min_values) return warned != 0 ? Signal::kWarning : Signal::kNone;
    const double variance = distances.count > 1 ? squares / (distances.count - 1) : 0;
    const double now = distances.mean + 2 * std::sqrt(variance);
    if (now > widest) {
      widest = now;
    } else if (distances.count > min_values) {
      const double level = now / widest;
      if (level < drift) {
        distances = {};
        squares = count = last_error = warned = 0;
        widest = -1;
        return Signal::kDrift;
      }
      warned = level < warning ? 1 : 0;
    }
    return warned != 0 ? Signal::kWarning : Signal::kNone;
  }
  template <class Visit>
  void visit(const Visit& field) {
    distances.visit(field);
    field(squares);
    field(count);
    field(last_error);
    field(widest);
    field(warned);
  }
  bool sound() const { return true; }

  double min_values, warning, drift;
  RunningMean distances;
  double squares = 0;
  double count = 0;
  double last_error = 0;
  double widest = -1;
  double warned = 0;
};

}  // namespace

extern constinit const DetectorEntry kEddm = detector_of<Eddm>();

}  // namespace mainspring
