// Kuiper's distance: as sensitive at the ends of a distribution as at its middle.
#include <cmath>

#include "measure/drift/statistic.hpp"
#include "measure/drift/walk_ranks.hpp"

namespace mainspring {

namespace {

// P(V >= v) of two samples whose n m / (n + m) is `effective`: the limit law with the correction of
// M. A. Stephens (1970, J. R. Statist. Soc. B 32, 115) for small samples.
double kuiper_tail(double effective, double v) {
  const double root = std::sqrt(effective);
  const double lambda = (root + 0.155 + 0.24 / root) * v;
  if (lambda < 0.4) return 1;  // the sum is 1 up to 1e-7, and cancels
  double sum = 0;
  for (double j = 1; j <= 1000; ++j) {
    const double square = j * j * lambda * lambda;
    const double term = 2 * (4 * square - 1) * std::exp(-2 * square);
    sum += term;
    if (std::fabs(term) <= 1e-17 * sum) break;
  }
  return std::clamp(sum, 0.0, 1.0);
}

struct Kuiper {
  static constexpr std::string_view kName = "kuiper";
  static constexpr std::string_view kSummary =
      "Kuiper's distance: how far the distribution function rises above the other one, and how far "
      "it falls below it, added; in [0, 1].";
  static constexpr StatisticKind kKind = StatisticKind::kNumeric;
  static constexpr StatisticUse kUse = StatisticUse::kAsked;
  static constexpr StatisticNotes kNotes{
      .formula = "max (F(x) - G(x)) + max (G(x) - F(x)) over all x, from integer counts",
      .missing = "left out; not a number where one side has no values",
      .infinity = "a value beyond all others",
      .sketch =
          "the value less and more twice the rank errors of both sides; the test is that of the "
          "lower end",
      .test = "Kuiper, by its limit law with Stephens' correction",
      .chance = "1.61 sqrt(1 / n + 1 / m)",
      .source =
          "N. H. Kuiper 1960, doi:10.1016/S1385-7258(60)50006-0; M. A. Stephens 1970, J. R. "
          "Statist. Soc. B 32, 115",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions&) {
    if (!pair.both_present()) return StatisticValue::none(kNoValues);
    using Wide = __int128;
    const Distribution& x = pair.reference.numbers;
    const Distribution& y = pair.current.numbers;
    const auto n = static_cast<Wide>(x.total);
    const auto m = static_cast<Wide>(y.total);
    Wide difference = 0, highest = 0, lowest = 0;
    for_each_value(x, y, [&](double, uint64_t in_x, uint64_t in_y) {
      difference += static_cast<Wide>(in_x) * m - static_cast<Wide>(in_y) * n;
      highest = std::max(highest, difference);
      lowest = std::min(lowest, difference);
    });
    const double v = static_cast<double>(highest - lowest) / static_cast<double>(n * m);
    StatisticValue result = StatisticValue::within(v, 2 * (x.rank_error + y.rank_error), 0, 1);
    const double effective = static_cast<double>(n) * static_cast<double>(m) /
                             (static_cast<double>(n) + static_cast<double>(m));
    result.p_value = kuiper_tail(effective, result.low);
    return result;
  }
};

}  // namespace

extern constinit const Statistic kKuiper = statistic_of<Kuiper>();

}  // namespace mainspring
