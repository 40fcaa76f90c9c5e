// Numbers far from all others.
#include <algorithm>
#include <cmath>
#include <limits>

#include "measure/checks/check.hpp"

namespace mainspring {

namespace {

struct Outliers {
  static constexpr std::string_view kName = "outliers";
  static constexpr std::string_view kSummary =
      "Share of the numbers that lie three interquartile ranges beyond the quartiles.";
  static constexpr CheckScope kScope = CheckScope::kFeature;
  static constexpr CheckNotes kNotes{
      .formula =
          "finite numbers below Q1 - 3 (Q3 - Q1) or above Q3 + 3 (Q3 - Q1), and infinite ones, / "
          "numbers; Q1 and Q3 at ranks n/4 and 3n/4; 0 where Q1 = Q3",
      .missing = "missing values are left out; strings, booleans and times are not judged",
      .source = "J. W. Tukey 1977, Exploratory Data Analysis (far out)",
      .why = "Few immense values rule means, scales and squared errors.",
      .remedy = "Clip, winsorize or log1p them, or look where they come from.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    const RowColumn& feature = *input.feature;
    Finding finding{kName, feature.name};
    finding.limit = options.outliers_warn;
    if (feature.kind != ColumnKind::kNumber) {
      finding.sentence = "Judged for numbers only.";
      return finding;
    }
    std::vector<double> values;
    uint64_t present = 0;
    for (const double value : feature.numbers) {
      present += std::isnan(value) ? 0 : 1;
      if (std::isfinite(value)) values.push_back(value);
    }
    double low = -std::numeric_limits<double>::max(), high = -low;
    if (values.size() >= 4) {
      const auto at = [&](size_t rank) {
        std::nth_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(rank),
                         values.end());
        return values[rank];
      };
      const double q1 = at(values.size() / 4), q3 = at(3 * values.size() / 4);
      if (q3 > q1) {
        low = q1 - 3 * (q3 - q1);
        high = q3 + 3 * (q3 - q1);
      }
    }
    for (uint64_t row = 0; row < feature.num_rows(); ++row) {
      if (feature.missing(row)) continue;
      if (feature.numbers[row] >= low && feature.numbers[row] <= high) continue;
      ++finding.num_rows;
      if (finding.rows.size() < kShownRows) finding.rows.push_back(row);
    }
    finding.value =
        present == 0 ? 0 : static_cast<double>(finding.num_rows) / static_cast<double>(present);
    judge_above(options.outliers_warn, 2, &finding);
    finding.sentence = short_text(100 * finding.value) +
                       " % of the values lie three interquartile ranges beyond the quartiles.";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kOutliers = check_of<Outliers>();

}  // namespace mainspring
