// Change of the share of missing rows.
#include "measure/drift/contingency.hpp"
#include "measure/drift/statistic.hpp"

namespace mainspring {

namespace {

struct MissingRate {
  static constexpr std::string_view kName = "missing_rate";
  static constexpr std::string_view kSummary =
      "Share of missing rows in the current data less that in the reference, with Newcombe's "
      "interval.";
  static constexpr StatisticKind kKind = StatisticKind::kAny;
  static constexpr StatisticUse kUse = StatisticUse::kAlways;
  static constexpr StatisticNotes kNotes{
      .formula = "missing / rows of the current data - missing / rows of the reference",
      .missing = "what is counted",
      .infinity = "a value like any other",
      .sketch = "exact always",
      .test = "chi2 of the 2 x 2 table",
      .chance = "0",
      .source =
          "R. G. Newcombe 1998, "
          "doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I (the interval)",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions& options) {
    if (!pair.both_have_rows()) return StatisticValue::none(kNoRows);
    const ShareChange change = compare_shares(
        static_cast<double>(pair.reference.missing), static_cast<double>(pair.reference.num_rows),
        static_cast<double>(pair.current.missing), static_cast<double>(pair.current.num_rows),
        options.level);
    return {change.change, change.low, change.high, change.p_value};
  }
};

}  // namespace

extern constinit const Statistic kMissingRate = statistic_of<MissingRate>();

}  // namespace mainspring
