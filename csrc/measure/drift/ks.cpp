// Kolmogorov-Smirnov distance: the largest difference between two distribution functions.
#include <algorithm>

#include "measure/drift/ks_two_sample.hpp"
#include "measure/drift/statistic.hpp"

namespace mainspring {

namespace {

struct Ks {
  static constexpr std::string_view kName = "ks";
  static constexpr std::string_view kSummary =
      "Kolmogorov-Smirnov distance: largest difference of the distribution functions, in [0, 1].";
  static constexpr StatisticKind kKind = StatisticKind::kNumeric;
  static constexpr StatisticUse kUse = StatisticUse::kAlways;
  static constexpr StatisticNotes kNotes{
      .formula =
          "max |F(x) - G(x)| over all x, F and G the distribution functions of both sides: "
          "differences of integer counts, rounded once",
      .missing = "left out; not a number where one side has no values",
      .infinity = "a value beyond all others",
      .sketch =
          "the value less and more the rank errors of both sides, and more what is between edges; "
          "the test is that of the lower end",
      .test =
          "Kolmogorov-Smirnov, two-sided: exact for max(n, m) <= 10,000, else the law of one "
          "sample of round(n m / (n + m))",
      .chance = "sqrt(pi / 2) ln 2 sqrt(1 / n + 1 / m)",
      .source =
          "J. L. Hodges 1958, doi:10.1007/BF02589501; R. Simard and P. L'Ecuyer 2011, "
          "doi:10.18637/jss.v039.i11",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions&) {
    if (!pair.both_present()) return StatisticValue::none(kNoValues);
    const Distribution& x = pair.reference.numbers;
    const Distribution& y = pair.current.numbers;
    const double d = pair.distances().largest;
    const double error = x.rank_error + y.rank_error;
    const double low = std::max(0.0, d - error);
    // Between two edges the functions of both sides rise by what either bin holds: their difference
    // passes that at the edges by no more than the smaller of the two.
    const double between = std::min(x.gap_error, y.gap_error);
    return {d, low, std::min(1.0, d + error + between), ks_two_sample_p(x.total, y.total, low)};
  }
};

}  // namespace

extern constinit const Statistic kKs = statistic_of<Ks>();

}  // namespace mainspring
