// Chi-squared test of homogeneity over categories.

#include "measure/drift/contingency.hpp"
#include "measure/drift/statistic.hpp"

namespace mainspring {

namespace {

struct ChiSquared {
  static constexpr std::string_view kName = "chi2";
  static constexpr std::string_view kSummary =
      "Chi-squared statistic of the 2 x K table of categories, rare ones folded; Yates' correction "
      "for K = 2.";
  static constexpr StatisticKind kKind = StatisticKind::kCategorical;
  static constexpr StatisticUse kUse = StatisticUse::kAlways;
  static constexpr StatisticNotes kNotes{
      .formula =
          "sum of (observed - expected)^2 / expected over the 2 x K table of folded categories; "
          "for K = 2 every difference is first drawn to 0 by half a row",
      .missing = "a class of their own",
      .sketch = "counts are moved within their errors until both sides are as alike as they can be",
      .test = "chi-squared with K - 1 degrees of freedom",
      .chance = "K - 1",
      .source =
          "K. Pearson 1900, doi:10.1080/14786440009463897; F. Yates 1934, doi:10.2307/2983604",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions&) {
    if (!pair.both_have_rows()) return StatisticValue::none(kNoRows);
    const ContingencyTest test = test_homogeneity(pair.folded);
    return StatisticValue::at_least(test.statistic, pair, test.p_value);
  }
};

}  // namespace

extern constinit const Statistic kChiSquared = statistic_of<ChiSquared>();

}  // namespace mainspring
