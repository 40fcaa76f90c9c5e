// Mann-Whitney: how often a current value is larger than one of the reference.
#include <cmath>

#include "measure/drift/statistic.hpp"
#include "measure/drift/tails.hpp"
#include "measure/drift/walk_ranks.hpp"

namespace mainspring {

namespace {

struct MannWhitney {
  static constexpr std::string_view kName = "mann_whitney";
  static constexpr std::string_view kSummary =
      "Probability that a current value is larger than one of the reference, ties counted half; "
      "0.5 without a move to either side.";
  static constexpr StatisticKind kKind = StatisticKind::kNumeric;
  static constexpr StatisticUse kUse = StatisticUse::kAsked;
  static constexpr StatisticNotes kNotes{
      .formula = "U / (n m), U = pairs where the current value is larger + half of those equal",
      .missing = "left out; not a number where one side has no values",
      .infinity = "a value beyond all others",
      .sketch =
          "the value less and more the rank errors of both sides; the test is that of the end next "
          "to 0.5",
      .test =
          "Mann-Whitney, two-sided: the normal law with corrections for ties and for continuity",
      .chance = "0.5",
      .source = "H. B. Mann and D. R. Whitney 1947, doi:10.1214/aoms/1177730491",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions&) {
    if (!pair.both_present()) return StatisticValue::none(kNoValues);
    const Distribution& x = pair.reference.numbers;
    const Distribution& y = pair.current.numbers;
    unsigned __int128 twice_u = 0;
    uint64_t x_before = 0;
    double ties = 0;
    for_each_value(x, y, [&](double, uint64_t in_x, uint64_t in_y) {
      twice_u += static_cast<unsigned __int128>(in_y) * (2 * x_before + in_x);
      x_before += in_x;
      const auto equal = static_cast<double>(in_x + in_y);
      ties += equal * equal * equal - equal;
    });
    const double pairs = static_cast<double>(x.total) * static_cast<double>(y.total);
    const double larger = static_cast<double>(twice_u) / 2 / pairs;
    StatisticValue result = StatisticValue::within(larger, x.rank_error + y.rank_error, 0, 1);
    const double least = std::clamp(0.5, result.low, result.high);
    const double all = static_cast<double>(x.total) + static_cast<double>(y.total);
    const double spread = std::sqrt(pairs / 12 * (all + 1 - ties / (all * (all - 1))));
    const double z = (std::fabs(least - 0.5) * pairs - 0.5) / spread;
    result.p_value = z > 0 ? two_normal_tails(z) : 1.0;
    return result;
  }
};

}  // namespace

extern constinit const Statistic kMannWhitney = statistic_of<MannWhitney>();

}  // namespace mainspring
