// Numbers beyond those of training.
#include <algorithm>
#include <cmath>
#include <limits>

#include "measure/checks/check.hpp"

namespace mainspring {

namespace {

struct OutOfRange {
  static constexpr std::string_view kName = "out_of_range";
  static constexpr std::string_view kSummary =
      "Share of the test numbers below the smallest or above the largest of training.";
  static constexpr CheckScope kScope = CheckScope::kPair;
  static constexpr CheckNotes kNotes{
      .formula = "test rows with a number outside [min, max] of training / test rows with a number",
      .missing = "missing rows are left out; strings and times are not judged",
      .why =
          "Trees and clipped features treat them as the last value they know; linear models run "
          "on.",
      .remedy = "Look whether the unit has changed; flag them with out_of_range_flag.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    const RowColumn& train = *input.feature;
    const RowColumn& test = *input.test_feature;
    Finding finding{kName, test.name};
    finding.of_test = true;
    finding.limit = options.out_of_range_warn;
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const double value : train.numbers) {
      if (std::isnan(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
    if (train.kind != ColumnKind::kNumber || !(low <= high)) {
      finding.sentence = "Judged for numbers that training has.";
      return finding;
    }
    uint64_t present = 0;
    for (uint64_t row = 0; row < test.numbers.size(); ++row) {
      if (std::isnan(test.numbers[row])) continue;
      ++present;
      if (test.numbers[row] >= low && test.numbers[row] <= high) continue;
      ++finding.num_rows;
      if (finding.rows.size() < kShownRows) finding.rows.push_back(row);
    }
    finding.value =
        present == 0 ? 0 : static_cast<double>(finding.num_rows) / static_cast<double>(present);
    judge_above(options.out_of_range_warn, 2, &finding);
    finding.sentence =
        short_text(100 * finding.value) + " % of the test values lie beyond those of training.";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kOutOfRange = check_of<OutOfRange>();

}  // namespace mainspring
