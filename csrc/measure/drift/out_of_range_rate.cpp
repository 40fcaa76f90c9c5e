// Share of numbers beyond the smallest and the largest that the reference has seen.
#include "measure/drift/contingency.hpp"
#include "measure/drift/statistic.hpp"

namespace mainspring {

namespace {

// One more value of the same population passes the extremes of n with probability 2 / (n + 1): that
// is the share the current data is held against, as unseen categories are held against theirs.
struct OutOfRangeRate {
  static constexpr std::string_view kName = "out_of_range_rate";
  static constexpr std::string_view kSummary =
      "Share of present values beyond the extremes of the reference, less the share that is "
      "expected without drift, with Newcombe's interval.";
  static constexpr StatisticKind kKind = StatisticKind::kNumeric;
  static constexpr StatisticUse kUse = StatisticUse::kAlways;
  static constexpr StatisticNotes kNotes{
      .formula = "share of present values outside [min, max] of the reference - 2 / (n + 1)",
      .missing = "left out; not a number where one side has no values",
      .infinity = "a value beyond all others",
      .sketch = "twice the rank error of the current data on both ends of the interval",
      .test = "chi2 of the 2 x 2 table",
      .chance = "0",
      .source = "S. S. Wilks 1942, doi:10.1214/aoms/1177731537; the interval as of missing_rate",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions& options) {
    if (!pair.both_present()) return StatisticValue::none(kNoValues);
    const Distribution& now = pair.current.numbers;
    uint64_t beyond = 0;
    for (size_t i = 0; i < now.values.size() && now.values[i] < pair.reference.min; ++i) {
      beyond += now.counts[i];
    }
    for (size_t i = now.values.size(); i > 0 && now.values[i - 1] > pair.reference.max; --i) {
      beyond += now.counts[i - 1];
    }
    const ShareChange change = compare_shares(
        2, static_cast<double>(pair.reference.present()) + 1, static_cast<double>(beyond),
        static_cast<double>(pair.current.present()), options.level);
    const double error = 2 * now.rank_error;
    return {change.change, std::max(-1.0, change.low - error), std::min(1.0, change.high + error),
            change.p_value};
  }
};

}  // namespace

extern constinit const Statistic kOutOfRangeRate = statistic_of<OutOfRangeRate>();

}  // namespace mainspring
