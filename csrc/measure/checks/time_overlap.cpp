// Test rows from before the end of training.
#include <algorithm>
#include <cmath>
#include <limits>

#include "measure/checks/check.hpp"

namespace mainspring {

namespace {

struct TimeOverlap {
  static constexpr std::string_view kName = "time_overlap";
  static constexpr std::string_view kSummary =
      "Share of the test rows that are not later than every training row, where the time of "
      "prediction is named.";
  static constexpr CheckScope kScope = CheckScope::kSplit;
  static constexpr CheckNotes kNotes{
      .formula = "test rows with a time <= the last of training / test rows with a time",
      .missing = "rows without a time are left out",
      .source = "S. Kapoor and A. Narayanan 2023, arXiv:2207.07048",
      .why = "A model that is trained on the future of its test looks better than it will be.",
      .remedy = "Split with mainspring.split(time=).",
  };

  static Finding run(const CheckInput& input, const CheckOptions&) {
    Finding finding{kName, input.table->time.name};
    const std::vector<double>& train = input.table->time.numbers;
    const std::vector<double>& test = input.test->time.numbers;
    finding.of_test = true;
    if (train.empty() || test.empty()) {
      finding.column = "(no time)";
      finding.sentence = "No time of prediction was named.";
      return finding;
    }
    double last = -std::numeric_limits<double>::infinity();
    for (const double time : train) last = std::max(last, std::isnan(time) ? last : time);
    uint64_t judged = 0;
    for (uint64_t row = 0; row < test.size(); ++row) {
      if (std::isnan(test[row])) continue;
      ++judged;
      if (test[row] > last) continue;
      ++finding.num_rows;
      if (finding.rows.size() < kShownRows) finding.rows.push_back(row);
    }
    finding.value =
        judged == 0 ? 0 : static_cast<double>(finding.num_rows) / static_cast<double>(judged);
    judge_above(0, 0, &finding);
    finding.sentence = std::to_string(finding.num_rows) + " of " + std::to_string(judged) +
                       " test rows are not later than every training row.";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kTimeOverlap = check_of<TimeOverlap>();

}  // namespace mainspring
