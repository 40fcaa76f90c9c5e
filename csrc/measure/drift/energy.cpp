// Energy distance: the root of twice the squared area between two distribution functions.
#include <cmath>

#include "measure/drift/statistic.hpp"
#include "measure/drift/walk_ranks.hpp"

namespace mainspring {

namespace {

struct Energy {
  static constexpr std::string_view kName = "energy";
  static constexpr std::string_view kSummary =
      "Energy distance, in the root of the column's unit: sqrt(2 E|X - Y| - E|X - X'| - E|Y - "
      "Y'|).";
  static constexpr StatisticKind kKind = StatisticKind::kNumeric;
  static constexpr StatisticUse kUse = StatisticUse::kAsked;
  static constexpr StatisticNotes kNotes{
      .formula = "sqrt(2 times the integral of (F(x) - G(x))^2 over x)",
      .missing = "left out; not a number where one side has no values",
      .infinity = "infinite, unless both sides have the same share of each",
      .sketch =
          "an interval: no difference of the functions is off by more than the rank errors of both "
          "sides",
      .chance = "at most sqrt(2 (1 / n + 1 / m) times the integral of F (1 - F))",
      .source = "G. J. Szekely and M. L. Rizzo 2013, doi:10.1016/j.jspi.2013.03.018",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions&) {
    if (!pair.both_present()) return StatisticValue::none(kNoValues);
    const Distribution& x = pair.reference.numbers;
    const Distribution& y = pair.current.numbers;
    const double error = x.rank_error + y.rank_error;
    const auto n = static_cast<double>(x.total);
    const auto m = static_cast<double>(y.total);
    Areas areas;
    double last = std::min(pair.reference.min, pair.current.min);
    __int128 gap = 0;  // of the counts, times n m: equal shares are equal exactly
    for_each_value(x, y, [&](double at, uint64_t in_x, uint64_t in_y) {
      areas.add(static_cast<double>(gap) / n / m, at - last, error);
      gap += static_cast<__int128>(in_x) * static_cast<__int128>(y.total) -
             static_cast<__int128>(in_y) * static_cast<__int128>(x.total);
      last = at;
    });
    areas.add(0, std::max(pair.reference.max, pair.current.max) - last, error);
    return {std::sqrt(2 * areas.value), std::sqrt(2 * areas.low), std::sqrt(2 * areas.high)};
  }

  struct Areas {
    double value = 0, low = 0, high = 0;
    void add(double gap, double width, double error) {
      if (!(width > 0)) return;
      const double size = std::fabs(gap);
      const auto square = [](double side) { return side * side; };
      if (size > 0) value += square(size) * width;
      if (size > error) low += square(size - error) * width;
      if (size + error > 0) high += square(size + error) * width;
    }
  };
};

}  // namespace

extern constinit const Statistic kEnergy = statistic_of<Energy>();

}  // namespace mainspring
