// Fisher's exact test, for columns of two categories.
#include <cmath>
#include <numbers>

#include "measure/drift/saddle_point.hpp"
#include "measure/drift/statistic.hpp"
#include "measure/drift/two_by_two.hpp"

namespace mainspring {

namespace {

// How many of `drawn` rows are of the category, when `marked` of `all` are.
struct Hypergeometric {
  double all, marked, drawn;

  double smallest() const { return std::max(0.0, drawn + marked - all); }
  double largest() const { return std::min(drawn, marked); }
  double log_of(double k) const {
    const double share = drawn / all;
    return log_binomial(k, marked, share) + log_binomial(drawn - k, all - marked, share) -
           log_binomial(drawn, all, share);
  }
  // P(k + 1) / P(k)
  double step(double k) const {
    return (marked - k) / (k + 1) * (drawn - k) / (all - marked - drawn + k + 1);
  }

  static double log_binomial(double k, double n, double p) {
    if (k == 0) return n == 0 ? 0 : n * std::log1p(-p);
    if (k == n) return n * std::log(p);
    return stirling_error(n) - stirling_error(k) - stirling_error(n - k) - deviance(k, n * p - k) -
           deviance(n - k, k - n * p) - 0.5 * std::log(2 * std::numbers::pi * k / n * (n - k));
  }
};

// The sum of P(k), P(k + by), ... as a multiple of P(k): it falls off as fast as a bell does.
double tail_from(const Hypergeometric& law, double k, bool upwards) {
  double term = 1;
  double sum = 1;
  while (upwards ? k < law.largest() : k > law.smallest()) {
    term *= upwards ? law.step(k) : 1 / law.step(k - 1);
    k += upwards ? 1 : -1;
    sum += term;
    if (term <= 1e-18 * sum) break;
  }
  return sum;
}

// All tables that are at most as likely as the one at hand.
double two_tails(const Hypergeometric& law, double k) {
  const double mode = std::floor((law.drawn + 1) * (law.marked + 1) / (law.all + 2));
  const double bound = law.log_of(k) + 1e-7;
  // The first one beyond the mode that is as unlikely: the law falls from the mode on.
  const bool below = k < mode;
  double inside = std::clamp(mode, law.smallest(), law.largest());
  if (law.log_of(inside) <= bound) return 1;
  const double last = below ? law.largest() : law.smallest();
  const double own = std::exp(law.log_of(k)) * tail_from(law, k, !below);
  if (law.log_of(last) > bound) return own;
  double outside = last;
  while (std::fabs(outside - inside) > 1) {
    const double middle = std::floor((outside + inside) / 2);
    (law.log_of(middle) <= bound ? outside : inside) = middle;
  }
  return own + std::exp(law.log_of(outside)) * tail_from(law, outside, below);
}

struct Fisher {
  static constexpr std::string_view kName = "fisher";
  static constexpr std::string_view kSummary =
      "Odds of a category among two, current over reference: 1 without a change; Fisher's exact "
      "test.";
  static constexpr StatisticKind kKind = StatisticKind::kTwoCategories;
  static constexpr StatisticUse kUse = StatisticUse::kAsked;
  static constexpr StatisticNotes kNotes{
      .formula =
          "(c / (m - c)) / (r / (n - r)), c and r the rows of the category that is last in order "
          "of bytes",
      .missing = "left out; not a number where one side has no values, or neither the category",
      .sketch = "exact always: two categories are counted",
      .test = "Fisher's exact test, two-sided: all tables that are at most as likely",
      .chance = "1",
      .source = "R. A. Fisher 1935, doi:10.2307/2342435",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions&) {
    if (!pair.both_present()) return StatisticValue::none(kNoValues);
    const TwoByTwo table = two_by_two(pair);
    const double n = table.reference_rows;
    const double m = table.current_rows;
    const double with = table.reference + table.current;
    if (with == n + m) return StatisticValue::none("there is only one category");
    const double odds =
        table.current * (n - table.reference) / (table.reference * (m - table.current));
    const double p = two_tails({n + m, with, m}, table.current);
    return StatisticValue::tested(odds, std::min(1.0, p));
  }
};

}  // namespace

extern constinit const Statistic kFisher = statistic_of<Fisher>();

}  // namespace mainspring
