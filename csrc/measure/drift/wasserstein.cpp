// Wasserstein distance: how far, on average, values must move to turn one sample into the other.
#include <algorithm>
#include <cmath>
#include <limits>

#include "measure/drift/wasserstein_distance.hpp"
#include "profile/number_profile.hpp"

namespace mainspring {

namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

// A sketch's function is off by at most rank_error anywhere between the column's extremes; one of
// counts between edges by at most what each bin holds.
double sketch_error(const ColumnSide& side) {
  const double sketched =
      side.numbers.rank_error == 0 ? 0 : side.numbers.rank_error * (side.max - side.min);
  return sketched + side.numbers.gap_area;
}

struct Wasserstein {
  static constexpr std::string_view kName = "wasserstein";
  static constexpr std::string_view kSummary =
      "Wasserstein distance: area between the distribution functions, in the column's unit.";
  static constexpr StatisticKind kKind = StatisticKind::kNumeric;
  static constexpr StatisticUse kUse = StatisticUse::kAlways;
  static constexpr StatisticNotes kNotes{
      .formula =
          "integral of |F(x) - G(x)| over x, F and G the distribution functions of both sides",
      .missing = "left out; not a number where one side has no values",
      .infinity = "infinite, unless both sides have the same share of each",
      .sketch = "the value less and more rank error times range, of both sides",
      .chance = "sqrt(2 / pi) sqrt(1 / n + 1 / m) times the integral of sqrt(F (1 - F))",
      .source = "S. S. Vallender 1974, doi:10.1137/1118101",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions&) {
    return wasserstein_distance(pair);
  }
};

double in_units(double distance, double unit) {
  if (unit == 0 && !std::isnan(distance)) return distance > 0 ? kInfinite : 0;
  return distance / unit;
}

struct WassersteinIqr {
  static constexpr std::string_view kName = "wasserstein_iqr";
  static constexpr std::string_view kSummary =
      "Wasserstein distance divided by the reference's interquartile range: of heavy tails, whose "
      "standard deviation means little.";
  static constexpr StatisticKind kKind = StatisticKind::kNumeric;
  static constexpr StatisticUse kUse = StatisticUse::kAsked;
  static constexpr StatisticNotes kNotes{
      .formula =
          "wasserstein / (75 % quantile - 25 % quantile of the reference, each between two values "
          "by straight line); 0 where that is 0 and nothing moved, else infinite",
      .missing = "left out; not a number where one side has no values",
      .infinity = "as wasserstein",
      .sketch = "that of wasserstein and of a range whose quartiles are off by the rank error",
      .chance = "that of wasserstein in interquartile ranges",
      .source = "S. S. Vallender 1974, doi:10.1137/1118101",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions&) {
    StatisticValue raw = wasserstein_distance(pair);
    if (!pair.both_present()) return raw;
    const Distribution& numbers = pair.reference.numbers;
    const double error = numbers.rank_error;
    const auto range = [&](double below, double above) {
      return quantile(numbers, std::min(1.0, above)) - quantile(numbers, std::max(0.0, below));
    };
    raw.value = in_units(raw.value, range(0.25, 0.75));
    raw.low = in_units(raw.low, range(0.25 - error, 0.75 + error));
    raw.high = in_units(raw.high, std::max(0.0, range(0.25 + error, 0.75 - error)));
    return raw;
  }
};

struct WassersteinStd {
  static constexpr std::string_view kName = "wasserstein_std";
  static constexpr std::string_view kSummary =
      "Wasserstein distance divided by the reference's standard deviation (ddof 0); infinite when "
      "a constant has moved.";
  static constexpr StatisticKind kKind = StatisticKind::kNumeric;
  static constexpr StatisticUse kUse = StatisticUse::kAlways;
  static constexpr StatisticNotes kNotes{
      .formula =
          "wasserstein / standard deviation of the reference (ddof 0); 0 for a constant that "
          "stays, infinite for one that moves",
      .missing = "left out; not a number where one side has no values",
      .infinity = "as wasserstein; the deviation is that of the finite values",
      .sketch = "as wasserstein",
      .test = "that of ks",
      .chance = "that of wasserstein in standard deviations",
      .source = "S. S. Vallender 1974, doi:10.1137/1118101",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions&) {
    StatisticValue raw = wasserstein_distance(pair);
    const double unit = pair.reference.deviation;
    raw.value = in_units(raw.value, unit);
    raw.low = in_units(raw.low, unit);
    raw.high = in_units(raw.high, unit);
    return raw;
  }
};

}  // namespace

StatisticValue wasserstein_distance(const ColumnPair& pair) {
  if (!pair.both_present()) return StatisticValue::none(kNoValues);
  const double distance = pair.distances().area;
  const double error = sketch_error(pair.reference) + sketch_error(pair.current);
  if (error == 0) return StatisticValue::exactly(distance);
  if (!std::isfinite(error)) return {distance, 0, kInfinite};
  return {distance, std::max(0.0, distance - error), distance + error};
}

extern constinit const Statistic kWasserstein = statistic_of<Wasserstein>();
extern constinit const Statistic kWassersteinIqr = statistic_of<WassersteinIqr>();
extern constinit const Statistic kWassersteinStd = statistic_of<WassersteinStd>();

}  // namespace mainspring
