// HDDM-W: McDiarmid's bound on the difference of two weighted means.
#include <cmath>

#include "measure/detectors/detector.hpp"

namespace mainspring {

namespace {

struct WeightedMean {
  double mean = 0;
  double bound = 1;  // sum of squared weights
  double seen = 0;

  void add(double value, double weight) {
    mean = seen == 0 ? value : weight * value + (1 - weight) * mean;
    bound = weight * weight + (1 - weight) * (1 - weight) * bound;
    seen = 1;
  }
  template <class Visit>
  void visit(const Visit& field) {
    field(mean);
    field(bound);
    field(seen);
  }
};

struct HddmW {
  static constexpr std::string_view kName = "hddm_w";
  static constexpr std::string_view kSummary =
      "HDDM-W: the exponentially weighted mean since its lowest point is above the one before it, "
      "by "
      "more than McDiarmid's inequality allows by chance.";
  static constexpr DetectorInput kInput = DetectorInput::kShares;
  static constexpr DetectorNotes kNotes{
      .formula =
          "averages z = weight x + (1 - weight) z with bound b = weight^2 + (1 - weight)^2 b; the "
          "cut is where z + sqrt(b ln(1 / drift) / 2) is lowest; drift when the average after the "
          "cut less the one up to it passes sqrt((b1 + b2) ln(1 / drift) / 2)",
      .source = "I. Frias-Blanco et al. 2015, doi:10.1109/TKDE.2014.2345382",
  };
  static constexpr std::array kParams{
      DetectorParam{"drift", "level of drift", 0.001, 1e-300, 1},
      DetectorParam{"warning", "level of a warning", 0.005, 1e-300, 1},
      DetectorParam{"weight", "of the newest value", 0.05, 1e-9, 1},
      DetectorParam{"two_sided", "1: look for falls, too", 0, 0, 1, true},
  };

  explicit HddmW(std::span<const double> params)
      : log_drift(std::log(1 / params[0])),
        log_warning(std::log(1 / params[1])),
        weight(params[2]),
        two_sided(params[3] != 0) {}

  Signal push(double value) {
    all.add(value, weight);
    const double spread = std::sqrt(all.bound * log_drift / 2);
    if (all.mean + spread < low_cut) {
      low_cut = all.mean + spread;
      low_before = all;
      low_after = {};
    } else {
      low_after.add(value, weight);
    }
    bool drifted = risen(low_before, low_after, log_drift);
    bool warned = !drifted && risen(low_before, low_after, log_warning);
    if (all.mean - spread > high_cut) {
      high_cut = all.mean - spread;
      high_before = all;
      high_after = {};
    } else {
      high_after.add(value, weight);
    }
    if (two_sided) {
      if (risen(high_after, high_before, log_drift)) {
        drifted = true;
      } else {
        warned = warned || risen(high_after, high_before, log_warning);
      }
    }
    if (!drifted) return warned ? Signal::kWarning : Signal::kNone;
    all = low_before = low_after = high_before = high_after = {};
    low_cut = std::numeric_limits<double>::infinity();
    high_cut = -low_cut;
    return Signal::kDrift;
  }
  static bool risen(const WeightedMean& first, const WeightedMean& second, double log_level) {
    if (first.seen == 0 || second.seen == 0) return false;
    return second.mean - first.mean > std::sqrt((first.bound + second.bound) * log_level / 2);
  }
  template <class Visit>
  void visit(const Visit& field) {
    for (WeightedMean* mean : {&all, &low_before, &low_after, &high_before, &high_after}) {
      mean->visit(field);
    }
    field(low_cut);
    field(high_cut);
  }
  bool sound() const { return true; }

  double log_drift, log_warning, weight;
  bool two_sided;
  WeightedMean all, low_before, low_after, high_before, high_after;
  double low_cut = std::numeric_limits<double>::infinity();
  double high_cut = -std::numeric_limits<double>::infinity();
};

}  // namespace

extern constinit const DetectorEntry kHddmW = detector_of<HddmW>();

}  // namespace mainspring
