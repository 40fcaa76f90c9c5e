// The G test: the likelihood ratio in the place of Pearson's chi-squared.
#include <cmath>

#include "measure/drift/incomplete_gamma.hpp"
#include "measure/drift/statistic.hpp"

namespace mainspring {

namespace {

struct LikelihoodRatio {
  static constexpr std::string_view kName = "g";
  static constexpr std::string_view kSummary =
      "G statistic (likelihood ratio) of the 2 x K table of categories, rare ones folded; Yates' "
      "correction for K = 2.";
  static constexpr StatisticKind kKind = StatisticKind::kCategorical;
  static constexpr StatisticUse kUse = StatisticUse::kAsked;
  static constexpr StatisticNotes kNotes{
      .formula =
          "2 sum of observed ln(observed / expected) over the table of chi2; for K = 2 every count "
          "is first moved towards the expected one by half a row",
      .missing = "a class of their own",
      .sketch = "counts are moved within their errors until both sides are as alike as they can be",
      .test = "chi-squared with K - 1 degrees of freedom",
      .chance = "K - 1",
      .source = "S. S. Wilks 1935, doi:10.1214/aoms/1177732564; F. Yates 1934, doi:10.2307/2983604",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions&) {
    if (!pair.both_have_rows()) return StatisticValue::none(kNoRows);
    const Frequencies& classes = pair.folded;
    const double n = classes.reference_total;
    const double m = classes.current_total;
    if (classes.size() < 2) return StatisticValue::at_least(0, pair, 1);
    const double dof = static_cast<double>(classes.size()) - 1;
    double sum = 0;
    for (uint64_t i = 0; i < classes.size(); ++i) {
      const double pooled = classes.reference[i] + classes.current[i];
      const double moved = pooled * n / (n + m) - classes.reference[i];
      const double step = dof == 1 ? std::copysign(std::min(0.5, std::fabs(moved)), moved) : 0.0;
      sum += term(classes.reference[i] + step, pooled * n / (n + m)) +
             term(classes.current[i] - step, pooled * m / (n + m));
    }
    const double g = std::max(0.0, 2 * sum);
    return StatisticValue::at_least(g, pair, chi_squared_tail(g, dof));
  }

  // Less the difference, which sums to 0: then no terms cancel. Where both are nearly the same, or
  // would be but for rounding, its series: a p-value near 1 falls with the root of what is left.
  static double term(double observed, double expected) {
    if (observed <= 0) return expected;
    const double by = (observed - expected) / expected;
    if (std::fabs(by) >= 0x1p-5) {
      return observed * std::log(observed / expected) - (observed - expected);
    }
    double sum = 0;  // of (-by)^(k - 2) / (k (k - 1)), k from 2 on
    for (int k = 12; k >= 2; --k) sum = 1.0 / (k * (k - 1)) - by * sum;
    return expected * by * by * sum;
  }
};

}  // namespace

extern constinit const Statistic kLikelihoodRatio = statistic_of<LikelihoodRatio>();

}  // namespace mainspring
